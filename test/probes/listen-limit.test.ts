import { readFileSync } from 'node:fs';
import { createServer, type ListenOptions, type Server } from 'node:net';
import { join } from 'node:path';
import { listenLimit } from '../../src/probes/listen-limit.ts';
import { PRELOAD, program } from '../reporter/app.ts';
import { temporaryFolder } from '../support/child.ts';
import { onlyWhere } from '../support/only-where.ts';
import { Pulse } from './pulse.ts';

const LIMIT = 'loadline.listen.limit';
const ofLinux = onlyWhere(process.platform === 'linux', 'Linux');
const host = '127.0.0.1';

async function listen(options: ListenOptions): Promise<Server> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(options, resolve));
  return server;
}

const portOf = (server: Server) => (server.address() as { port: number }).port;

/** The limits that show, by port or path. */
const limits = (pulse: Pulse) =>
  new Map(pulse.points(LIMIT).map(({ attributes, value }) => [Object.values(attributes)[0], value]));

ofLinux(
  'The limit is the backlog that was asked for, Node’s where none was, and never more than the machine’s',
  async (t) => {
    const most = Number(readFileSync('/proc/sys/net/core/somaxconn', 'utf8'));
    const pulse = new Pulse(listenLimit);
    const path = join(temporaryFolder('limit'), 'x.sock');
    const servers = [
      await listen({ port: 0, host, backlog: 7 }),
      await listen({ port: 0, host }),
      await listen({ port: 0, host, backlog: 1e9 }),
      await listen({ port: 0, host, backlog: -1 }),
    ];
    const named = await listen({ path, backlog: 3 });
    const usual = Math.min(511, most);
    t.deepEqual(
      servers.map((server) => limits(pulse).get(portOf(server))),
      [7, usual, most, usual],
    );
    t.is(limits(pulse).get(path), 3);
    for (const server of [...servers, named]) server.close();
    pulse.stop();
    t.is(limits(pulse).size, 0, 'a probe that ended shows nothing');
    t.deepEqual(pulse.warnings, []);
  },
);

ofLinux('Queues of one port are shown as one, and one that is closed is gone within a second or so', async (t) => {
  const pulse = new Pulse(listenLimit);
  const first = await listen({ port: 0, host, backlog: 10 });
  const port = portOf(first);
  const second = await listen({ port, host: '127.0.0.2', backlog: 20 });
  t.is(limits(pulse).get(port), 30);
  const becomes = async (value: number | undefined) => {
    for (let look = 0; look < 200 && limits(pulse).get(port) !== value; look++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return limits(pulse).get(port) === value;
  };
  first.close();
  t.true(await becomes(20));
  second.close();
  t.true(await becomes(undefined));
  pulse.stop();
});

ofLinux('A server that listened before anybody looked has no limit, rather than a guessed one', async (t) => {
  const early = await listen({ port: 0, host, backlog: 10 });
  const pulse = new Pulse(listenLimit);
  await listen({ port: 0, host }).then((server) => server.close());
  t.false(limits(pulse).has(portOf(early)));
  early.close();
  pulse.stop();
});

ofLinux('Under the preload the server whose listening starts the agent has its limit, too', async (t) => {
  const { said, stderr } = await program(
    `
    const server = createServer().listen({ port: 0, host: '127.0.0.1', backlog: 9 });
    const url = await start().ready;
    const key = 'loadline_listen_limit{server_port="' + server.address().port + '"}';
    say(await until(async () => (await read(url))[key]));
    process.exit();
    `,
    PRELOAD,
  );
  t.deepEqual(said, [9], stderr);
});
