import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { readListening, readSockets } from '../../src/host/socket-tables.ts';
import { onlyWhere } from '../support/only-where.ts';

const ofLinux = onlyWhere(process.platform === 'linux', 'Linux');

/** What is seen of a port: again where others open and close connections between two pages of the table. */
function counted(port: number, wanted: number): { listening: number; open: number } {
  for (let look = 1; ; look++) {
    const { listening, open } = readSockets((at) => at === port);
    if (open.length === wanted || look === 5) return { listening: listening.length, open: open.length };
  }
}

ofLinux('All connections are seen, whether their table fills no page of the kernel, one or many', async (t) => {
  const accepted: Socket[] = [];
  const server = createServer((socket) => accepted.push(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const clients: Socket[] = [];
  t.teardown(() => {
    for (const socket of [...clients, ...accepted]) socket.destroy();
    server.close();
  });
  for (let count = 0; count <= 120; count++) {
    t.deepEqual(counted(port, count), { listening: 1, open: count });
    t.is(readListening().filter(({ at }) => at === port).length, 1);
    const client = connect(port, '127.0.0.1');
    clients.push(client);
    await Promise.all([once(server, 'connection'), once(client, 'connect')]);
  }
});
