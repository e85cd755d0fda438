import test from 'ava';
import { Intervals } from '../../src/dashboard/interval.ts';
import type { Sight } from '../../src/snapshot/sight.ts';
import { BEGIN, Recorded, sight } from './recorded.ts';

const DURATION = 'http.server.request.duration';
const APP = { name: 'app' };

/** Requests that an interval has. */
function requests(intervals: Intervals, seen: Sight): number {
  const interval = intervals.next(seen)!;
  return interval.came
    .histograms(DURATION)
    .reduce((sum, { counts }) => sum + [...(counts as Float64Array)].reduce((a, b) => a + b), 0);
}

test('the first look gives nothing, however much was counted before', (t) => {
  const recorded = new Recorded().requests(1_000, 0.01);
  const intervals = new Intervals();
  t.is(intervals.next(sight(3600, [recorded])), undefined);
  recorded.requests(7, 0.01);
  t.is(requests(intervals, sight(3605, [recorded])), 7);
  t.is(requests(intervals, sight(3610, [recorded])), 0);
});

test('a look at the same moment, or before it, is none', (t) => {
  const recorded = new Recorded().requests(1, 0.01);
  const intervals = new Intervals();
  intervals.next(sight(10, [recorded]));
  t.is(intervals.next(sight(10, [recorded])), undefined);
  t.is(intervals.next(sight(9, [recorded])), undefined);
});

test('a route and an instrument that are new count from their first value on', (t) => {
  const recorded = new Recorded().requests(1, 0.01);
  const intervals = new Intervals();
  intervals.next(sight(100, [recorded]));
  recorded.requests(3, 0.01, { 'http.route': '/new' }).add('orders.count', 5, {}, APP);
  const interval = intervals.next(sight(105, [recorded]))!;
  t.is(interval.seconds, 5);
  t.is(interval.came.sum('orders.count'), 5);
  t.is(interval.came.points(DURATION).length, 2);
});

test('a sampler that was asked for the first time has counted for hours: that is no burst', (t) => {
  const recorded = new Recorded();
  recorded.requests(1, 0.01);
  const intervals = new Intervals();
  intervals.next(sight(100, [recorded]));
  const said = (value: number, startTime = BEGIN) => [
    {
      metric: { name: 'pool.taken', kind: 'counter' as const },
      scope: { name: 'pg' },
      points: [{ attributes: {}, startTime, value }],
    },
  ];
  recorded.sampled = said(1_000_000);
  t.is(intervals.next(sight(105, [recorded]))!.came.sum('pool.taken'), null);
  recorded.sampled = said(1_000_004);
  t.is(intervals.next(sight(110, [recorded]))!.came.sum('pool.taken'), 4);
  recorded.sampled = [];
  t.is(intervals.next(sight(115, [recorded]))!.came.sum('pool.taken'), null);
  recorded.sampled = said(1_000_005);
  t.is(intervals.next(sight(120, [recorded]))!.came.sum('pool.taken'), 1);
  recorded.sampled = said(3);
  t.is(intervals.next(sight(125, [recorded]))!.came.sum('pool.taken'), null);
});

for (const aggregate of ['sum', 'worker'] as const) {
  test(`a process that joins with what it counted before is no burst (${aggregate})`, (t) => {
    const first = new Recorded({ slot: 1 }).requests(500, 0.01);
    const second = new Recorded({ slot: 2 }).requests(9_000, 0.01).requests(10, 0.01, { 'http.route': '/only/there' });
    const intervals = new Intervals();
    const at = (seconds: number, ...all: Recorded[]) => requests(intervals, sight(seconds, all, aggregate));
    intervals.next(sight(100, [first], aggregate));
    first.requests(2, 0.01);
    t.is(at(105, first, second), 2);
    second.requests(3, 0.01);
    t.is(at(110, first, second), 3);
  });

  test(`what is in a slot that was not there before is no burst, nor is a process that comes back (${aggregate})`, (t) => {
    const first = new Recorded({ slot: 1 }).requests(500, 0.01);
    const late = new Recorded({ slot: 2 }).requests(50, 0.01);
    late.earlier = new Recorded().requests(4_000, 0.01).metrics();
    const silent = new Recorded({ slot: 3 });
    const intervals = new Intervals();
    const at = (seconds: number, ...all: Recorded[]) => requests(intervals, sight(seconds, all, aggregate));
    intervals.next(sight(100, [first, silent], aggregate));
    t.is(at(105, first, late, silent), 0);
    silent.requests(800, 0.01);
    t.is(at(110, first, late, silent), 0);
    late.requests(1, 0.01);
    silent.requests(1, 0.01);
    t.is(at(115, first, late, silent), 2);
  });
}

test('a process that has just begun counts from its first request on', (t) => {
  const first = new Recorded({ slot: 1 }).requests(500, 0.01);
  const intervals = new Intervals();
  intervals.next(sight(100, [first]));
  const second = new Recorded({ slot: 2, startTime: BEGIN + 102_000 }).requests(6, 0.01);
  t.is(requests(intervals, sight(105, [first, second])), 6);
});

test('a process that ends leaves what it counted, and the one that takes its slot counts on', (t) => {
  const ended = new Recorded({ slot: 1, pid: 11 }).requests(500, 0.01);
  const intervals = new Intervals();
  intervals.next(sight(100, [ended]));
  ended.requests(4, 0.01);
  const next = new Recorded({ slot: 1, pid: 12, startTime: BEGIN + 103_000 }).requests(2, 0.01);
  next.earlier = ended.metrics();
  t.is(requests(intervals, sight(105, [next])), 6);
});

test('a process on its own that becomes the first of a group goes on', (t) => {
  const alone = new Recorded({ pid: 7 }).requests(500, 0.01);
  const intervals = new Intervals();
  intervals.next(sight(100, [alone]));
  const grouped = new Recorded({ slot: 1, pid: 7 }).requests(503, 0.01);
  const second = new Recorded({ slot: 2, startTime: BEGIN + 104_000 });
  second.requests(1, 0.01);
  t.is(requests(intervals, sight(105, [grouped, second])), 4);
});

test('processes are told one by one, and one that was not there has no change', (t) => {
  const first = new Recorded({ slot: 1 }).add('process.cpu.time', 10, { 'cpu.mode': 'user' });
  const second = new Recorded({ slot: 2 }).add('process.cpu.time', 99, { 'cpu.mode': 'user' });
  const intervals = new Intervals();
  intervals.next(sight(100, [first]));
  first.add('process.cpu.time', 2, { 'cpu.mode': 'user' });
  const interval = intervals.next(sight(105, [first, second]))!;
  t.deepEqual(
    interval.processes.map(({ came }) => came?.sum('process.cpu.time')),
    [2, undefined],
  );
  t.deepEqual(
    interval.processes.map(({ now }) => now.sum('process.cpu.time')),
    [12, 99],
  );
});
