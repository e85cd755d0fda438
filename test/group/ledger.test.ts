import test from 'ava';
import { Ledger } from '../../src/group/ledger.ts';
import { AGE, histogram, LATENCY, MEMORY, one, REQUESTS, valuesOf } from './metrics.ts';

test('what only rises passes as it is', (t) => {
  const ledger = new Ledger(10);
  for (const value of [0, 3, 3, 8]) t.deepEqual(valuesOf(ledger.observe([one(REQUESTS, value)])), { requests: value });
});

test('a counter that falls goes on from where it was, and so does one that counts from a later start', (t) => {
  const ledger = new Ledger(10);
  const given = (value: number, start = 1) => valuesOf(ledger.observe([one(REQUESTS, value, {}, start)])).requests;
  t.deepEqual([given(10), given(4), given(6), given(1), given(5, 2), given(9, 2)], [10, 14, 16, 17, 22, 26]);
  const again = ledger.observe([one(REQUESTS, 9, {}, 2)]);
  t.is(again[0]!.points[0]!.startTime, 1, 'it counts since its first start');
});

test('a histogram of which any bucket falls has begun anew', (t) => {
  const ledger = new Ledger(10);
  const given = (...counts: number[]) => valuesOf(ledger.observe([one(LATENCY, histogram(...counts))])).latency;
  t.deepEqual(given(1, 2, 3), [1, 2, 3]);
  t.deepEqual(given(9, 1, 3), [10, 3, 6]);
  t.deepEqual(given(9, 2, 3), [10, 4, 6]);
});

test('a series that is gone keeps its value and goes on when it comes back', (t) => {
  const ledger = new Ledger(10);
  ledger.observe([one(REQUESTS, 5, { a: 1 })]);
  t.deepEqual(valuesOf(ledger.observe([])), { 'requests a=1': 5 });
  t.deepEqual(valuesOf(ledger.observe([one(REQUESTS, 7, { a: 1 })])), { 'requests a=1': 7 });
});

test('gauges and updowns pass, fall and vanish', (t) => {
  const ledger = new Ledger(10);
  t.deepEqual(valuesOf(ledger.observe([one(AGE, 5), one(MEMORY, 7)])), { age: 5, memory: 7 });
  t.deepEqual(valuesOf(ledger.observe([one(MEMORY, 3)])), { memory: 3 });
  t.deepEqual(ledger.observe([]), []);
});

test('series that come and go fill one overflow series, and no count is lost', (t) => {
  const ledger = new Ledger(3);
  let last: Record<string, unknown> = {};
  for (let i = 0; i < 1000; i++) last = valuesOf(ledger.observe([one(REQUESTS, 2, { id: i })]));
  t.is(Object.keys(last).length, 4);
  t.is(
    (Object.values(last) as number[]).reduce((a, b) => a + b),
    2000,
  );
  t.is(last['requests otel.metric.overflow=true'], 1994);
});

test('the overflow series of the process and that of the ledger are one', (t) => {
  const ledger = new Ledger(2);
  ledger.observe([one(REQUESTS, 5, { 'otel.metric.overflow': true }), one(REQUESTS, 1, { id: 1 })]);
  ledger.observe([one(REQUESTS, 6, { 'otel.metric.overflow': true }), one(REQUESTS, 1, { id: 2 })]);
  const given = ledger.observe([one(REQUESTS, 7, { 'otel.metric.overflow': true }), one(REQUESTS, 2, { id: 2 })]);
  t.deepEqual(valuesOf(given), { 'requests id=2': 2, 'requests otel.metric.overflow=true': 8 });
  t.is(given[0]!.points.length, 2);
});

test('another kind or other bounds under a known name are another metric', (t) => {
  const ledger = new Ledger(10);
  ledger.observe([one(LATENCY, histogram(1, 2, 3))]);
  const other = { ...LATENCY, bounds: [1] };
  t.deepEqual(valuesOf(ledger.observe([one(other, histogram(1, 0))])), { latency: [1, 0] });
});
