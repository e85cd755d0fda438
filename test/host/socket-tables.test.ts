import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { readListening, readSockets } from '../../src/host/socket-tables.ts';
import { onlyWhere } from '../support/only-where.ts';

const ofLinux = onlyWhere(process.platform === 'linux', 'Linux');

ofLinux('All connections are seen, whether their table fills no page of the kernel, one or many', async (t) => {
  const accepted: Socket[] = [];
  const server = createServer((socket) => accepted.push(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const clients: Socket[] = [];
  for (let count = 0; count <= 120; count++) {
    const { listening, open } = readSockets((at) => at === port);
    t.deepEqual(
      listening.map(({ at }) => at),
      [port],
    );
    t.is(open.length, count);
    t.is(readListening().filter(({ at }) => at === port).length, 1);
    const client = connect(port, '127.0.0.1');
    clients.push(client);
    await Promise.all([once(server, 'connection'), once(client, 'connect')]);
  }
  for (const socket of [...clients, ...accepted]) socket.destroy();
  server.close();
});
