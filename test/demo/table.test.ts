import test from 'ava';
import type { Interval } from '../../examples/demo/interval.ts';
import { align, megabytes, percent, processLine, rate, routeTable, time } from '../../examples/demo/table.ts';

const NONE: Interval = {
  seconds: 2,
  requests: 0,
  routes: [],
  queue: { bounds: [], counts: [] },
  active: 0,
  idle: 0,
  cpu: 0,
  inFlight: Number.NaN,
  rss: Number.NaN,
};

const line = (route: string, requests: number, errors: number) => ({
  route,
  requests,
  errors,
  time: 1,
  buckets: { bounds: [0.01, 0.1, Infinity], counts: [requests / 2, requests, requests] },
});

test('routes stand in aligned columns', (t) => {
  const interval = { ...NONE, routes: [line('GET /a/:long', 200, 0), line('GET /', 4, 1)] };
  t.deepEqual(routeTable(interval), [
    'route         req/s    p50    p99  errors/s',
    'GET /a/:long  100.0  10 ms  98 ms         -',
    'GET /           2.0  10 ms  98 ms       0.5',
  ]);
});

test('no requests make no table', (t) => {
  t.deepEqual(routeTable(NONE), []);
});

test('the process stands on one line, unknown numbers as a dash', (t) => {
  t.is(processLine(NONE), 'process: 0.0 req/s, queue p99 -, loop -, CPU 0 %, in flight -, RSS -');
  const busy = {
    ...NONE,
    requests: 101,
    queue: { bounds: [0.1, Infinity], counts: [10, 10] },
    active: 0.5,
    idle: 1.5,
    cpu: 0.61,
    inFlight: 0,
    rss: 82_149_376,
  };
  t.is(processLine(busy), 'process: 50.5 req/s, queue p99 99 ms, loop 25 %, CPU 31 %, in flight 0, RSS 82.1 MB');
});

test('times are read by people', (t) => {
  t.is(time(0), '0.0 ms');
  t.is(time(0.00042), '0.4 ms');
  t.is(time(0.00994), '9.9 ms');
  t.is(time(0.00996), '10 ms');
  t.is(time(0.0321), '32 ms');
  t.is(time(0.9994), '999 ms');
  t.is(time(0.9996), '1.00 s');
  t.is(time(12.345), '12.35 s');
  t.is(time(Number.NaN), '-');
});

test('rates, parts and sizes without a base are a dash', (t) => {
  t.is(rate(5, 0), '-');
  t.is(rate(5, 2), '2.5');
  t.is(percent(1, 0), '-');
  t.is(percent(1, 3), '33 %');
  t.is(megabytes(1_500_000), '1.5 MB');
  t.is(megabytes(Number.NaN), '-');
});

test('columns of different lengths are aligned, no line ends in blanks', (t) => {
  t.deepEqual(align([['a', '1'], ['long'], ['b', '10', 'x']]), ['a      1', 'long', 'b     10  x']);
  t.deepEqual(align([]), []);
});
