import test from 'ava';
import { eventLoop, overdue } from '../../src/host/event-loop.ts';
import type { Attributes } from '../../src/snapshot/metric.ts';
import { QUANTILE_ERROR } from '../../src/store/buckets.ts';
import { HEADER } from '../../src/store/layout.ts';
import { StoreReader } from '../../src/store/reader.ts';
import { StoreWriter } from '../../src/store/writer.ts';
import { PRELOAD, program } from '../reporter/app.ts';

/** A map whose heartbeat the test drives, and what the probe puts at a time. */
function setUp() {
  const store = new StoreWriter();
  const reader = new StoreReader(store.buffer);
  const probe = eventLoop(reader, { seriesLimit: 10, stallThreshold: 500, warn: () => {} });
  const beat = (time: number, active: number, idle: number) => {
    Object.assign(store.cells, {
      [HEADER.beat]: time,
      [HEADER.beatInterval]: 20,
      [HEADER.loopActive]: active,
      [HEADER.loopIdle]: idle,
    });
  };
  const read = (time: number) => {
    const values: Record<string, number> = {};
    probe.read(({ name }, value, attributes: Attributes = {}) => {
      values[[name, ...Object.values(attributes)].join(' ')] = value as number;
    }, time);
    return values;
  };
  return { store, reader, probe, beat, read };
}

test('Before the first beat nothing is put, since nothing is known', (t) => {
  const { read, probe, reader } = setUp();
  probe.tick!(5000);
  t.deepEqual(read(5000), {});
  t.is(overdue(reader, 5000), 0);
});

test('A stall that is going on shows its age, counts as one, and as active time', (t) => {
  const { beat, read } = setUp();
  beat(10_000, 300, 700);
  t.is(read(10_060)['loadline.eventloop.stall.age'], 0);
  t.is(read(10_500)['loadline.eventloop.stalls'], 0);
  const during = read(12_020);
  t.is(during['loadline.eventloop.stall.age'], 2);
  t.is(during['loadline.eventloop.stalls'], 1);
  t.is(during['loadline.eventloop.stalled.time'], 2);
  t.is(during['nodejs.eventloop.time active'], 2.3);
  t.is(read(13_020)['loadline.eventloop.stall.age'], 3);
});

test('Counters never fall when a stall ends and the loop tells of it itself', (t) => {
  const { store, beat, read } = setUp();
  beat(10_000, 300, 700);
  const during = read(12_020);
  beat(12_030, 2320, 700);
  store.cells[HEADER.stalls] = 1;
  store.cells[HEADER.stalledTime] = 2010;
  const after = read(12_031);
  for (const name of ['loadline.eventloop.stalls', 'loadline.eventloop.stalled.time', 'nodejs.eventloop.time active']) {
    t.true(after[name]! >= during[name]!, name);
  }
  t.is(after['loadline.eventloop.stall.age'], 0);
  t.is(after['loadline.eventloop.stalls'], 1);
});

test('An agent that was stopped leaves its sums, and no stall', (t) => {
  const { store, beat, read } = setUp();
  beat(10_000, 300, 700);
  store.cells[HEADER.stalls] = 2;
  store.cells[HEADER.beat] = 0;
  const after = read(99_000);
  t.is(after['nodejs.eventloop.time active'], 0.3);
  t.is(after['loadline.eventloop.stalls'], 2);
  t.is(after['loadline.eventloop.stall.age'], 0);
});

test('Utilization and delays are those of the trailing minute, not of the whole life', (t) => {
  const { store, beat, read, probe } = setUp();
  const delays = store.metric(
    { name: 'loadline.eventloop.delay', kind: 'histogram', unit: 's', bounds: [1] },
    { name: 'loadline' },
    true,
  );
  const at = delays.series({});
  // Twenty minutes of full load and long delays …
  let time = 0;
  let [active, idle] = [0, 0];
  const pass = (ticks: number, load: number, delay: number) => {
    for (let i = 0; i < ticks; i++) {
      time += 5000;
      active += 5000 * load;
      idle += 5000 * (1 - load);
      beat(time, active, idle);
      for (let n = 0; n < 100; n++) delays.record(at, delay);
      probe.tick!(time);
    }
  };
  pass(240, 1, 2);
  t.is(read(time)['nodejs.eventloop.utilization'], 1);
  t.true(Math.abs(read(time)['nodejs.eventloop.delay.p50']! / 2 - 1) <= QUANTILE_ERROR);
  // … then a minute of a quarter of it.
  pass(12, 0.25, 0.01);
  const values = read(time);
  t.true(Math.abs(values['nodejs.eventloop.utilization']! - 0.25) < 1e-9);
  for (const what of ['min', 'max', 'mean', 'p50', 'p90', 'p99']) {
    const value = values[`nodejs.eventloop.delay.${what}`]!;
    t.true(Math.abs(value / 0.01 - 1) <= QUANTILE_ERROR, `${what} ${value}`);
  }
  t.true(values['nodejs.eventloop.delay.stddev']! < 1e-6);
});

test('While the app is blocked, a scrape shows a stall that grows, and afterwards one that is over', async (t) => {
  const { said, code, stderr } = await program(
    `
    const server = createServer().listen(0);
    const url = await start().ready;
    await sleep(300);
    const scraper = new Worker(\`
      import { parentPort } from 'node:worker_threads';
      const found = [];
      const scrape = async () => {
        const begin = performance.now();
        const text = await (await fetch(\${JSON.stringify(url)} + '/metrics')).text();
        const value = (name) => Number(new RegExp('^' + name + ' (.*)$', 'm').exec(text)?.[1]);
        const active = Number(/^nodejs_eventloop_time.*"active".* (.*)$/m.exec(text)?.[1]);
        found.push({ took: performance.now() - begin, age: value('loadline_eventloop_stall_age_seconds'), stalls: value('loadline_eventloop_stalls_total'), active });
      };
      parentPort.on('message', () => parentPort.postMessage(found));
      parentPort.postMessage('ready');
      (async () => { for (;;) { await scrape(); await new Promise((resolve) => setTimeout(resolve, 100)); } })();
    \`, { eval: true, execArgv: ['--input-type=module'] });
    await new Promise((resolve) => scraper.once('message', resolve));
    await sleep(300);
    for (const until = performance.now() + 2500; performance.now() < until;);
    await sleep(700);
    scraper.postMessage('end');
    say(await new Promise((resolve) => scraper.once('message', resolve)));
    await scraper.terminate();
    server.close();
    `,
    PRELOAD,
  );
  t.is(code, 0, stderr);
  const found = said[0] as { took: number; age: number; stalls: number; active: number }[];
  const during = found.filter(({ age }) => age > 0);
  t.true(during.length >= 8, `${during.length} of ${found.length} scrapes saw the stall`);
  t.true(
    during.every(({ took }) => took < 1000),
    JSON.stringify(during.map(({ took }) => took)),
  );
  for (const [i, { age }] of during.entries()) if (i > 0) t.true(age > during[i - 1]!.age);
  t.true(during.at(-1)!.age > 1.9 && during.at(-1)!.age < 4);
  const last = found.at(-1)!;
  t.deepEqual([last.age, last.stalls], [0, 1], JSON.stringify(found));
  for (const [i, { active, stalls }] of found.entries()) {
    if (i > 0) t.true(active >= found[i - 1]!.active && stalls >= found[i - 1]!.stalls, JSON.stringify(found));
  }
});
