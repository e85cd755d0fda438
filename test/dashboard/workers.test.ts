import test from 'ava';
import { Distribution } from '../../src/dashboard/distribution.ts';
import { ratesOf, rowsOf } from '../../src/dashboard/workers.ts';
import { BEGIN, Recorded, sight } from './recorded.ts';
import { intervalOf } from './tracks.ts';

const TIME = 'nodejs.eventloop.time';
const ACTIVE = { 'nodejs.eventloop.state': 'active' };
const IDLE = { 'nodejs.eventloop.state': 'idle' };
const THREAD = { 'loadline.worker': '1' };

function beating(recorded: Recorded): Recorded {
  return recorded
    .set('loadline.eventloop.stall.age', 0)
    .set('process.uptime', 50)
    .set('nodejs.eventloop.utilization', 0.11);
}

test('how busy a loop is, and what its process takes, is of the interval', (t) => {
  const recorded = beating(new Recorded()).add(TIME, 1000, ACTIVE).add(TIME, 1, IDLE);
  const interval = intervalOf([recorded], () => {
    recorded.add(TIME, 1, ACTIVE).add(TIME, 4, IDLE).add('process.cpu.time', 2, { 'cpu.mode': 'user' });
    recorded.record('loadline.eventloop.delay', {}, ...Array(99).fill(0.001), 2, 2);
  });
  const { utilization, delay, cpu } = ratesOf(interval, new Distribution()).get('main')!;
  t.is(utilization, 0.2);
  t.true(Math.abs(delay! / 2 - 1) < 0.022);
  t.is(cpu, 0.4);
});

test('the process that serves is a row; its threads are rows after it', (t) => {
  const recorded = beating(new Recorded({ pid: 42 })).set('loadline.eventloop.stall.age', 0, THREAD);
  recorded.set('process.memory.usage', 5e7).set('v8js.memory.heap.used', 1e6, { 'v8js.heap.space.name': 'old_space' });
  recorded.set('v8js.memory.heap.used', 2e6, { 'v8js.heap.space.name': 'new_space' });
  recorded.set('v8js.memory.heap.used', 4e6, { 'v8js.heap.space.name': 'old_space', ...THREAD });
  recorded
    .set('loadline.memory.limit', 1e9, { limit: 'heap' })
    .set('loadline.memory.limit', 2e9, { limit: 'heap', ...THREAD });
  recorded.set('http.server.active_requests', 3).set('nodejs.eventloop.delay.p99', 0.05);
  const rows = rowsOf(
    sight(60, [recorded]).processes,
    BEGIN + 60_000,
    new Map([['main', { utilization: 0.5, delay: 1, cpu: 0.7 }]]),
  );
  t.deepEqual(rows, [
    {
      ...{
        worker: 'main',
        pid: 42,
        threadOf: null,
        state: 'running',
        since: BEGIN + 10_000,
        utilization: 0.5,
        delay: 0.05,
      },
      ...{ cpu: 0.7, rss: 5e7, heapUsed: 3e6, heapLimit: 1e9, inFlight: 3, uptime: 50 },
    },
    {
      ...{ worker: '1', pid: 42, threadOf: 'main', state: 'running', since: null, utilization: null, delay: null },
      ...{ cpu: null, rss: null, heapUsed: 4e6, heapLimit: 2e9, inFlight: null, uptime: null },
    },
  ]);
});

test('threads that are told apart are as busy as they are; else what is known of the trailing minute counts', (t) => {
  const apart = beating(new Recorded())
    .set('loadline.eventloop.stall.age', 0, THREAD)
    .add(TIME, 1, ACTIVE)
    .add(TIME, 1, { ...ACTIVE, ...THREAD });
  const interval = intervalOf([apart], () => {
    apart.add(TIME, 1, ACTIVE).add(TIME, 4, IDLE);
    apart.add(TIME, 4, { ...ACTIVE, ...THREAD }).add(TIME, 1, { ...IDLE, ...THREAD });
  });
  const rates = ratesOf(interval, new Distribution());
  t.deepEqual([rates.get('main')!.utilization, rates.get('1')!.utilization], [0.2, 0.8]);

  const mixed = beating(new Recorded()).set('loadline.eventloop.stall.age', 0, THREAD).add(TIME, 1, ACTIVE);
  mixed.set('nodejs.eventloop.utilization', 0.99, THREAD).set('nodejs.eventloop.delay.p99', 0.3, THREAD);
  const unclear = ratesOf(
    intervalOf([mixed], () => {
      mixed.add(TIME, 5, ACTIVE);
    }),
    new Distribution(),
  );
  t.deepEqual(
    [unclear.get('main')!.utilization, unclear.get('1')!.utilization, unclear.get('1')!.delay],
    [0.11, 0.99, 0.3],
  );
});

test('of a group each process is its slot, and a thread of it is slot and thread', (t) => {
  const all = [1, 2].map((slot) => beating(new Recorded({ slot })));
  all[1]!.set('loadline.eventloop.stall.age', 0, THREAD);
  const rows = rowsOf(sight(60, all).processes, BEGIN + 60_000, new Map());
  t.deepEqual(
    rows.map(({ worker, threadOf, pid }) => [worker, threadOf, pid]),
    [
      ['1', null, 101],
      ['2', null, 102],
      ['2.1', '2', 102],
    ],
  );
});

test('a loop that is blocked is stalled, a silent process stopped, a dead one missing, and one that left is no row', (t) => {
  const all = [1, 2, 3, 4].map((slot) => beating(new Recorded({ slot })));
  all[0]!.set('loadline.eventloop.stall.age', 4.2);
  Object.assign(all[1]!, { state: 'stale', since: BEGIN + 1000 });
  Object.assign(all[2]!, { state: 'dead', since: BEGIN + 2000 });
  Object.assign(all[3]!, { state: 'gone' });
  const rows = rowsOf(sight(60, all).processes, BEGIN + 60_000, new Map());
  t.deepEqual(
    rows.map(({ worker, state, since }) => [worker, state, since]),
    [
      ['1', 'stalled', BEGIN + 60_000 - 4200],
      ['2', 'stopped', BEGIN + 1000],
      ['3', 'missing', BEGIN + 2000],
    ],
  );
  t.is(rows[2]!.rss, null);
  t.is(rows[2]!.pid, 103);
});
