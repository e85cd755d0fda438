/** The dashboard of several processes that are one service. */
import test, { type ExecutionContext } from 'ava';
import type { History, Now, TrackPoint } from '../../src/dashboard/feed.ts';
import { type Service, service, startAll, until } from '../group/processes.ts';

async function ask<T>({ metricsPort }: Service, path: string): Promise<T> {
  const response = await fetch(`http://127.0.0.1:${metricsPort}${path}`, { headers: { connection: 'close' } });
  return (await response.json()) as T;
}

const now = (shop: Service, wanted: (now: Now) => boolean, why: string) =>
  until(async () => {
    const found = await ask<Now>(shop, '/now');
    return wanted(found) ? found : undefined;
  }, why);

const states = ({ workers }: Now) => Object.fromEntries(workers.map(({ worker, state }) => [worker, state]));

/** The largest value that a track ever had. */
async function peak(shop: Service, track: string): Promise<number> {
  const { tracks } = await ask<History>(shop, `/history?tracks=${track}`);
  return Math.max(...(tracks[track]?.values ?? []).map((value) => value ?? 0));
}

async function counted(t: ExecutionContext, count: number) {
  const shop = await service(t);
  const members = await startAll(shop, count);
  return { shop, members };
}

test('each process is a row; one that hangs is stalled, one that is stopped or killed is said to be', async (t) => {
  const { shop, members } = await counted(t, 3);
  const found = await now(
    shop,
    ({ workers }) => workers.length === 3 && workers.every(({ cpu }) => cpu !== null),
    'three rows',
  );
  t.deepEqual(states(found), { 1: 'running', 2: 'running', 3: 'running' });
  t.deepEqual(found.workers.map(({ pid }) => pid).sort(), members.map(({ pid }) => pid).sort());
  t.true(found.workers.every(({ rss, uptime, heapLimit }) => rss! > 1e7 && uptime! > 0 && heapLimit! > 1e7));

  const [leader, second, third] = members;
  const blocked = second!.get('/block/6000').catch(() => undefined);
  const row = (each: Now, pid: number) => each.workers.find((worker) => worker.pid === pid);
  const hung = await now(shop, (each) => row(each, second!.pid)?.state === 'stalled', 'a row that is stalled');
  t.regex(hung.verdict.text, /^The event loop of worker \d is blocked for /);
  await blocked;

  await third!.kill('SIGKILL');
  const killed = await now(shop, (each) => row(each, third!.pid)?.state === 'missing', 'a row that is missing');
  t.is(row(killed, third!.pid)!.rss, null);
  second!.child.kill('SIGSTOP');
  const stopped = await now(shop, (each) => row(each, second!.pid)?.state === 'stopped', 'a row that is stopped');
  t.is(row(stopped, leader!.pid)!.state, 'running');
  second!.child.kill('SIGCONT');
  await now(shop, (each) => row(each, second!.pid)?.state === 'running', 'a row that runs again');
});

test('a point has all processes without asking them, and a new leader shows no burst', async (t) => {
  const { shop, members } = await counted(t, 2);
  const [leader, member] = members;
  const { total, values } = await pointsAfter(t, shop, 400, () => member!.get('/', 400));
  t.true(Math.abs(total - 400) < 80, `${total} requests`);
  for (const worker of ['1', '2']) t.is(typeof values[`worker/${worker}/utilization`], 'number', worker);

  const requests = ({ routes }: Now) => routes.reduce((sum, each) => sum + each.requests, 0);
  await leader!.kill('SIGKILL');
  await until(async () => {
    const { times } = await ask<History>(shop, '/history?tracks=x');
    return times.length >= 2 ? times : undefined;
  }, 'two points of the new leader');
  const after = await ask<Now>(shop, '/now');
  t.is(requests(after), 400);
  t.is(await peak(shop, 'requests/2xx'), 0, 'nobody asked for anything since');
});

/** Points of `/live` after `happens`, until they have most of `wanted` requests: how many they have, and the last one's values. */
async function pointsAfter(
  t: ExecutionContext,
  { metricsPort }: Service,
  wanted: number,
  happens: () => Promise<void>,
) {
  const response = await fetch(`http://127.0.0.1:${metricsPort}/live`);
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  t.teardown(() => reader.cancel().catch(() => undefined));
  let text = '';
  const next = async (): Promise<TrackPoint> => {
    for (;;) {
      const found = /event: point\ndata: (.*)\n\n/.exec(text);
      if (found) {
        text = text.slice(found.index + found[0].length);
        return JSON.parse(found[1]!) as TrackPoint;
      }
      text += (await reader.read()).value ?? '';
    }
  };
  await next();
  await happens();
  let total = 0;
  for (let points = 0; points < 6; points++) {
    const { values } = await next();
    // Points are five seconds apart, a little more on a busy machine.
    total += (values['requests/2xx'] ?? 0) * 5;
    if (total >= 0.9 * wanted) return { total, values };
  }
  return { total, values: {} };
}
