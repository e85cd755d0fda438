/** What a real carbon, graphite-web and VictoriaMetrics have afterwards is what was pushed. */
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { DEPTH, drive, type Entry, interval, LATENCY, REQUESTS } from '../adapters/graphite-harness.ts';
import { type Carbon, startCarbon, startVictoria } from '../support/servers.ts';

const ROUTE = { 'http.route': '/users/:id', 'a;b': 'x\ny' };
/** ms until what was sent can be read. */
const READ_LIMIT = 20_000;

function now(): number {
  return Math.floor(Date.now() / 1000);
}

/** What a load of the interval `i` leaves. */
function load(i: number): Entry[] {
  return [
    [REQUESTS, 10 + i, ROUTE],
    [DEPTH, 0.004, { queue: 'a b' }],
    [{ name: 'tiny', kind: 'gauge' }, 1e-7],
    [{ name: 'huge', kind: 'updown' }, 1e300],
    [{ name: 'zero', kind: 'gauge' }, -0],
    [LATENCY, { counts: [0, 100, 0, 0], sum: 40 }],
  ];
}

type Expected = readonly [target: string, value: (i: number) => number];

async function holds(t: ExecutionContext, carbon: Carbon, from: number, count: number, all: readonly Expected[]) {
  for (const [target, value] of all) {
    const limit = Date.now() + READ_LIMIT;
    for (;;) {
      const series = [...(await carbon.render(target, from, from + count)).values()];
      const found = Array.from({ length: count }, (_, i) => series[0]?.get(from + i));
      const isRight = found.every(
        (one, i) => one !== undefined && Math.abs(one - value(i)) <= Math.abs(value(i)) / 100,
      );
      if ((isRight && series.length === 1) || Date.now() > limit) {
        t.true(isRight, `${target}: ${JSON.stringify(found)} of ${series.length} series\n${carbon.log().slice(-1000)}`);
        t.is(series.length, 1, target);
        break;
      }
      await sleep(300);
    }
  }
}

test.serial('Dotted and tagged values that graphite-web shows are those that were pushed', async (t) => {
  const carbon = await startCarbon(t);
  const from = now() - 20;
  for (const transport of ['socket', 'graphite'] as const) {
    const begin = transport === 'socket' ? from : from + 10;
    for (const format of ['dotted', 'tagged'] as const) {
      const graphite = await drive(t, { url: `tcp://127.0.0.1:${carbon.port}`, format, transport });
      for (let i = 0; i < 5; i++) await graphite.push(interval(begin + i, load(i)));
      await graphite.close(5000);
      t.deepEqual(graphite.counts, { sent: 30, failed: 0, dropped: 0, unknown: 0, spooled: 0 });
    }
    const tagged = (name: string) => `seriesByTag('name=${name}','service=shop','host=web1','instance=7')`;
    await holds(t, carbon, begin, 5, [
      ['shop.web1.requests.a_b.x_y.http_route._users_id.count', (i) => 10 + i],
      ['shop.web1.requests.a_b.x_y.http_route._users_id.rate', (i) => 10 + i],
      ['shop.web1.queue.depth.queue.a_b', () => 0.004],
      ['shop.web1.tiny', () => 1e-7],
      ['shop.web1.huge', () => 1e300],
      ['shop.web1.zero', () => 0],
      ['shop.web1.latency.mean', () => 0.4],
      ["seriesByTag('name=requests.count','http.route=/users/:id','a_b=x_y')", (i) => 10 + i],
      [tagged('requests.rate'), (i) => 10 + i],
      [tagged('queue.depth'), () => 0.004],
      [tagged('tiny'), () => 1e-7],
      [tagged('huge'), () => 1e300],
      [tagged('latency.count'), () => 100],
      [tagged('latency.mean'), () => 0.4],
      [tagged('latency.p50'), () => 0.55],
      [tagged('latency.p90'), () => 0.91],
      [tagged('latency.p99'), () => 0.991],
      [tagged('latency.max'), () => 1],
    ]);
  }
});

test.serial('Carbon takes exponents too, so that a number without one is our choice', async (t) => {
  const carbon = await startCarbon(t);
  const from = now() - 10;
  const { dial } = await import('../support/connect.ts');
  const socket = await dial(carbon.port);
  socket.end(`by.hand 1e-7 ${from}\n`);
  await holds(t, carbon, from, 1, [['by.hand', () => 1e-7]]);
});

test.serial('Every interval is there after carbon was killed and started again, and after it hung', async (t) => {
  const carbon = await startCarbon(t);
  const from = now();
  const graphite = await drive(t, { url: `tcp://127.0.0.1:${carbon.port}` });
  for (let i = 0; i < 16; i++) {
    await graphite.push(interval(from + i, load(i)));
    if (i === 3) await carbon.kill();
    if (i === 6) await carbon.restart();
    if (i === 9) process.kill(carbon.pid, 'SIGSTOP');
    if (i === 12) {
      await carbon.kill();
      await carbon.restart();
    }
    await sleep(Math.max(0, (from + i + 1) * 1000 - Date.now()));
  }
  await holds(t, carbon, from, 16, [
    ["seriesByTag('name=requests.count')", (i) => 10 + i],
    ["seriesByTag('name=latency.p99')", () => 0.991],
  ]);
  await graphite.close(5000);
  t.is(graphite.counts.sent, 16 * 6);
  t.is(graphite.counts.dropped + graphite.counts.spooled, 0);
});

test.serial('VictoriaMetrics has the same values, with the tags as labels', async (t) => {
  const victoria = await startVictoria(t);
  const from = now() - 10;
  const graphite = await drive(t, { url: `tcp://127.0.0.1:${victoria.graphitePort}` });
  for (let i = 0; i < 5; i++) await graphite.push(interval(from + i, load(i)));
  await graphite.close(5000);
  const all = await victoria.everything();
  const labels = { service: 'shop', host: 'web1', instance: '7' };
  const find = (name: string) => all.find((series) => series.labels.__name__ === name)!;
  const requests = find('requests.count');
  t.deepEqual(requests.labels, { __name__: 'requests.count', 'http.route': '/users/:id', a_b: 'x_y', ...labels });
  t.deepEqual(requests.values, [10, 11, 12, 13, 14]);
  t.deepEqual(
    requests.timestamps,
    [0, 1, 2, 3, 4].map((i) => (from + i) * 1000),
  );
  t.deepEqual(find('queue.depth').values, Array(5).fill(0.004));
  t.deepEqual(find('tiny').values, Array(5).fill(1e-7));
  t.is(new Set(all.map((series) => series.labels.__name__)).size, all.length, 'nothing was injected');
  t.is(all.length, 2 + 1 + 3 + 6);
});
