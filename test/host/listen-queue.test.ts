import { writeFileSync } from 'node:fs';
import { connect, createServer, type NetConnectOpts, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { now } from '../../src/clock.ts';
import { listenQueue } from '../../src/host/listen-queue.ts';
import type { Attributes } from '../../src/snapshot/metric.ts';
import { type App, startApp } from '../support/app.ts';
import { temporaryFolder } from '../support/child.ts';
import { get } from '../support/load.ts';
import { type Metrics, readMetrics } from '../support/metrics-text.ts';
import { onlyWhere } from '../support/only-where.ts';
import { accepts, freePort } from '../support/ports.ts';

const ofLinux = onlyWhere(process.platform === 'linux', 'Linux');
const HAS_V6 = Object.values(networkInterfaces()).some((each) => each?.some(({ address }) => address === '::1'));

/** Clients that connect and send something, and how many have a connection. */
function dial(t: ExecutionContext, count: number, options: NetConnectOpts): { connected: number; sockets: Socket[] } {
  const clients = { connected: 0, sockets: [] as Socket[] };
  for (let i = 0; i < count; i++) {
    const socket = connect(options, () => {
      clients.connected++;
      socket.write('GET /wait/1 HTTP/1.1\r\nHost: x\r\n\r\n');
    });
    socket.on('error', () => socket.destroy());
    clients.sockets.push(socket);
  }
  t.teardown(() => {
    for (const socket of clients.sockets) socket.destroy();
  });
  return clients;
}

/** A block of an app's loop: `path` of the request that makes it, and what ends it. */
function blockade(t: ExecutionContext): { readonly path: string; end(): void } {
  const file = join(temporaryFolder('block'), 'over');
  const end = () => writeFileSync(file, '');
  t.teardown(end);
  return { path: `/block-until/${encodeURIComponent(file)}`, end };
}

const isBlocked = (metrics: Metrics) => metrics.sum('loadline_eventloop_stall_age_seconds') > 0;

/** Blocks the app's loop until the function that it returns is called, or the test is over. */
async function blockApp(t: ExecutionContext, app: App): Promise<() => Promise<void>> {
  const { path, end } = blockade(t);
  const answer = get(app.url + path).catch((error: Error) => error);
  t.true(isBlocked(await until(app, isBlocked)));
  return async () => {
    end();
    await answer;
  };
}

/** Waits until the metrics of the app are so, for at most 40 s; returns them. */
async function until(app: App, isSo: (metrics: Metrics) => boolean): Promise<Metrics> {
  for (const end = Date.now() + 40_000; ; await sleep(100)) {
    const metrics = await app.metrics();
    if (isSo(metrics) || Date.now() > end) return metrics;
  }
}

const queue = (metrics: Metrics, at: number | string) =>
  metrics.sum('loadline_listen_queue', typeof at === 'number' ? { server_port: `${at}` } : { server_address: at });

ofLinux(
  'While the loop is blocked, the queue of each port and path shows who waits, and a full one overflows',
  async (t) => {
    const [tiny, v6] = [await freePort(), await freePort()];
    const path = join(temporaryFolder('unix'), 'app.sock');
    const listen = [
      { port: tiny, host: '127.0.0.1', backlog: 4 },
      { path },
      ...(HAS_V6 ? [{ port: v6, host: '::' }] : []),
    ];
    const app = await startApp(t, 'hanging-app', { LISTEN: JSON.stringify(listen) });
    const before = await until(app, (metrics) => queue(metrics, path) === 0 && queue(metrics, app.port) === 0);
    t.deepEqual([queue(before, app.port), queue(before, tiny), queue(before, path)], [0, 0, 0]);
    t.is(before.sum('loadline_listen_limit', { server_port: `${tiny}` }), 4);
    t.true(before.sum('loadline_listen_limit', { server_port: `${app.port}` }) > 4);
    t.true(Number.isNaN(queue(before, app.metricsPort)), 'the agent’s own port is not the app’s');

    const end = await blockApp(t, app);
    const host = '127.0.0.1';
    const clients = [
      dial(t, 30, { port: app.port, host }),
      dial(t, 12, { port: tiny, host }),
      dial(t, 7, { path }),
      ...(HAS_V6 ? [dial(t, 3, { port: v6, host: '::1' }), dial(t, 2, { port: v6, host })] : []),
    ];
    const during = await until(
      app,
      (metrics) =>
        queue(metrics, app.port) === 30 &&
        queue(metrics, path) === 7 &&
        queue(metrics, tiny) === 5 &&
        (!HAS_V6 || queue(metrics, v6) === 5) &&
        metrics.sum('loadline_listen_overflows_total') > before.sum('loadline_listen_overflows_total'),
    );
    t.is(queue(during, app.port), 30);
    t.is(queue(during, path), 7);
    t.is(queue(during, tiny), 5, 'the kernel takes one more than the backlog');
    if (HAS_V6) t.is(queue(during, v6), 5, 'connections of both protocols wait in one queue');
    t.true(during.sum('loadline_listen_overflows_total') > before.sum('loadline_listen_overflows_total'));
    t.true(during.sum('loadline_listen_drops_total') > before.sum('loadline_listen_drops_total'));
    t.is(during.sum('loadline_sockets_unread', { server_port: `${tiny}` }), 0, 'what is not accepted is not unread');
    t.is(clients[0]!.connected, 30);
    t.true(isBlocked(during), 'all of this was seen during the block');

    await end();
    const after = await until(app, (metrics) => metrics.sum('loadline_listen_queue') === 0);
    t.is(after.sum('loadline_listen_queue'), 0);
  },
);

ofLinux('A keep-alive connection with a request that nobody reads is unread', async (t) => {
  const app = await startApp(t, 'hanging-app');
  const port = { server_port: `${app.port}` };
  const clients = dial(t, 6, { port: app.port, host: '127.0.0.1' });
  const answered = clients.sockets.map((socket) => new Promise((resolve) => socket.once('data', resolve)));
  await Promise.all(answered);
  const idle = await until(app, (metrics) => metrics.sum('loadline_sockets_unread', port) === 0);
  t.is(idle.sum('loadline_sockets_unread', port), 0);
  const end = await blockApp(t, app);
  for (const socket of clients.sockets.slice(0, 4)) socket.write('GET /wait/1 HTTP/1.1\r\nHost: x\r\n\r\n');
  clients.sockets[5]!.end();
  const during = await until(app, (metrics) => metrics.sum('loadline_sockets_unread', port) === 4);
  t.is(during.sum('loadline_sockets_unread', port), 4, 'one that only left has nothing unread');
  t.is(queue(during, app.port), 0);
  await end();
  const after = await until(app, (metrics) => metrics.sum('loadline_sockets_unread', port) === 0);
  t.is(after.sum('loadline_sockets_unread', port), 0);
});

/** What the probe says in this process, whose loop is not blocked but which need not accept either. */
function readingsOf(probe: ReturnType<typeof listenQueue>, time: number): Map<string, number> {
  const values = new Map<string, number>();
  probe.read(({ name }, value, attributes: Attributes = {}) => {
    values.set(`${name.slice('loadline.'.length)} ${Object.values(attributes).join()}`, value as number);
  }, time);
  return values;
}

ofLinux('Sockets that come and go are followed, and those of other processes are not this one’s', async (t) => {
  const probe = listenQueue((at) => at === agents);
  const other = await startApp(t, 'hanging-app');
  const [first, second, agent] = [createServer(), createServer(), createServer()];
  for (const server of [first, agent]) await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const portOf = (server: typeof first) => (server.address() as { port: number }).port;
  const agents = portOf(agent);
  const [one, two] = [portOf(first), await freePort()];
  const start = readingsOf(probe, 0);
  t.is(start.get(`listen.queue ${one}`), 0);
  t.deepEqual(
    [...start.keys()].filter((key) => key.endsWith(` ${agents}`)),
    [],
  );
  t.deepEqual(
    [...start.keys()].filter((key) => key.endsWith(` ${other.port}`)),
    [],
  );
  await new Promise<void>((done) => second.listen(two, '127.0.0.1', done));
  t.is(readingsOf(probe, 100_000).get(`listen.queue ${two}`), 0);
  await new Promise((done) => first.close(done));
  const last = readingsOf(probe, 200_000);
  t.false(last.has(`listen.queue ${one}`));
  t.true(last.has(`listen.queue ${two}`));
  for (const server of [second, agent]) server.close();
});

ofLinux('A client that reads nothing is unsent until it does', async (t) => {
  const probe = listenQueue(() => false);
  const server = createServer((socket) => socket.on('error', () => socket.destroy()).end(Buffer.alloc(20e6)));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as { port: number };
  const client = connect(port, '127.0.0.1').pause();
  const becomes = async (value: number) => {
    for (let look = 0; look < 200; look++, await sleep(50)) {
      if (readingsOf(probe, now() + look * 100_000).get(`sockets.unsent ${port}`) === value) return true;
    }
    return false;
  };
  t.true(await becomes(1));
  client.resume();
  t.true(await becomes(0));
  client.destroy();
  server.close();
});

interface Cluster {
  readonly app: App;
  /** Of both workers, by the port of each one's metrics. */
  workers(): Promise<Metrics[]>;
  /** Ports that one worker has for itself. */
  readonly own: readonly number[];
}

async function startCluster(t: ExecutionContext, POLICY: string): Promise<Cluster> {
  const metrics = [await freePort(), await freePort()];
  const own = [await freePort(), await freePort()];
  const app = await startApp(t, 'cluster-app', { POLICY, METRICS: metrics.join(), OWN: own.join() });
  const textOf = async (port: number) => (await get(`http://127.0.0.1:${port}/metrics`)).body;
  const workers = async () => (await Promise.all(metrics.map(textOf))).map(readMetrics);
  for (const port of [...metrics, ...own]) while (!(await accepts(port))) await sleep(50);
  return { app, workers, own };
}

/** A connection that has had its answer. */
async function keptAlive(t: ExecutionContext, port: number): Promise<Socket> {
  const socket = dial(t, 1, { port, host: '127.0.0.1' }).sockets[0]!;
  await new Promise((resolve) => socket.once('data', resolve));
  return socket;
}

ofLinux('In a round-robin cluster the primary has the queue, and each worker its unread connections', async (t) => {
  const { app, workers, own } = await startCluster(t, 'rr');
  const port = { server_port: `${app.port}` };
  const primary = await until(app, (metrics) => queue(metrics, app.port) === 0);
  t.is(queue(primary, app.port), 0);
  t.is(primary.sum('loadline_listen_limit', port), 511);
  // In turn, so that they alternate.
  const sockets: Socket[] = [];
  for (let i = 0; i < 4; i++) sockets.push(await keptAlive(t, app.port));
  const { path } = blockade(t);
  for (const socket of sockets.slice(0, 2)) socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
  let seen: Metrics[] = [];
  const become = async (isSo: (metrics: Metrics) => boolean) => {
    const areSo = () => seen.length === 2 && seen.every(isSo);
    for (const end = Date.now() + 40_000; !areSo() && Date.now() < end; await sleep(100)) seen = await workers();
    return areSo();
  };
  t.true(await become(isBlocked));
  for (const socket of sockets.slice(2)) socket.write('GET /wait/1 HTTP/1.1\r\nHost: x\r\n\r\n');
  t.true(await become((metrics) => metrics.sum('loadline_sockets_unread', port) === 1));
  for (const [i, metrics] of seen.entries()) {
    t.is(metrics.sum('loadline_sockets_unread', port), 1);
    t.true(Number.isNaN(queue(metrics, app.port)), 'a worker does not listen');
    t.true(Number.isNaN(metrics.sum('loadline_listen_limit', port)));
    t.is(queue(metrics, own[i]!), 0, 'but for what it has exclusively');
    t.true(Number.isNaN(queue(metrics, own[1 - i]!)));
    t.is(metrics.sum('loadline_listen_limit', { server_port: `${own[i]}` }), 511);
  }
});

ofLinux('In a cluster that shares its handle each worker shows the queue that they accept from', async (t) => {
  const { app, workers } = await startCluster(t, 'none');
  let seen: Metrics[] = [];
  const areSo = () => seen.length === 2 && seen.every((metrics) => queue(metrics, app.port) === 0);
  for (const end = Date.now() + 30_000; !areSo() && Date.now() < end; await sleep(200)) seen = await workers();
  for (const metrics of seen) {
    t.is(queue(metrics, app.port), 0);
    t.is(metrics.sum('loadline_sockets_unread', { server_port: `${app.port}` }), 0);
    t.is(metrics.sum('loadline_listen_limit', { server_port: `${app.port}` }), 511);
  }
});
