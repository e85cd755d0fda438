import test from 'ava';
import type { Attributes } from '../../src/snapshot/metric.ts';
import { countOf, type HistogramPoint } from '../../src/snapshot/snapshot.ts';
import { CELL_RESERVE, END_CELL, FIRST_CELL, HEADER, LOG_BYTES, LOG_RESERVE } from '../../src/store/layout.ts';
import { StoreReader } from '../../src/store/reader.ts';
import { StoreWriter } from '../../src/store/writer.ts';
import { COUNTER, GAUGE, HISTOGRAM, OVERFLOW, pointsOf, readingOf, SCOPE, sum, UPDOWN } from './metrics.ts';

const WIDE_BOUNDS = Array.from({ length: 64 }, (_, i) => i + 1);
/** 548 cells a series. */
const WIDE = { ...HISTOGRAM, name: 'test.wide', bounds: WIDE_BOUNDS };

/** Series of a wide histogram until the map has no more room for one. */
function fillCells(store: StoreWriter): number {
  store.seriesLimit = 1e9;
  const wide = store.metric(WIDE, SCOPE, true);
  let made = 0;
  while (!wide.isOverflow(wide.series({ made }))) made++;
  return made;
}

/** Series with attributes of almost 1 MB until the log has no more room for one. */
function fillLog(store: StoreWriter): number {
  store.seriesLimit = 1e9;
  const counter = store.metric({ ...COUNTER, name: 'test.long' }, SCOPE);
  let made = 0;
  for (let length = 1_000_000; length > 8; length = Math.floor(length / 2)) {
    while (!counter.isOverflow(counter.series({ made, long: 'x'.repeat(length) }))) made++;
  }
  return made;
}

test('The same name is the same metric, the first description wins', (t) => {
  const store = new StoreWriter();
  const first = store.metric(COUNTER, SCOPE);
  t.is(store.metric({ ...COUNTER, kind: 'gauge' }, { name: 'other' }), first);
  t.is(first.metric, COUNTER);
});

test('The same attributes are the same series, in every order of keys and with 1 as "1"', (t) => {
  const counter = new StoreWriter().metric(COUNTER, SCOPE);
  const at = counter.series({ a: 1, b: 'x', c: true });
  t.is(counter.series({ c: true, b: 'x', a: 1 }), at);
  t.is(counter.series({ c: 'true', b: 'x', a: '1' }), at);
  const others: Attributes[] = [
    {},
    { a: 1 },
    { a: 1, b: 'x' },
    { a: 'x', b: 1, c: true },
    { a: '1,b:"x"', c: true },
    { ab: 'x' },
  ];
  const all = new Set([at, ...others.map((attributes) => counter.series(attributes))]);
  t.is(all.size, others.length + 1);
});

test('No attribute text can forge another set', (t) => {
  const counter = new StoreWriter().metric(COUNTER, SCOPE);
  t.not(counter.series({ a: 'x","b":"y' }), counter.series({ a: 'x', b: 'y' }));
  t.not(counter.series({ 'a":"x","b': 'y' }), counter.series({ a: 'x', b: 'y' }));
});

test('Series over the limit share the overflow series, and nothing is lost', (t) => {
  const store = new StoreWriter({ seriesLimit: 10 });
  const reader = new StoreReader(store.buffer);
  const [counter, updown, gauge] = [COUNTER, UPDOWN, GAUGE].map((metric) => store.metric(metric, SCOPE));
  const histogram = store.metric(HISTOGRAM, SCOPE, true);
  for (let i = 0; i < 100; i++) {
    store.cells[counter!.series({ i })]! += i;
    store.cells[updown!.series({ i })]! -= i;
    store.cells[gauge!.series({ i })] = i;
    histogram.record(histogram.series({ i }), i);
  }
  const metrics = reader.metrics();
  for (const { name } of [COUNTER, UPDOWN, GAUGE, HISTOGRAM]) t.is(pointsOf(metrics, name).length, 10, name);
  t.is(readingOf(metrics, COUNTER.name, OVERFLOW), 4950 - 36);
  t.is(readingOf(metrics, UPDOWN.name, OVERFLOW), -(4950 - 36));
  t.is(readingOf(metrics, GAUGE.name, OVERFLOW), 99);
  const rest = readingOf(metrics, HISTOGRAM.name, OVERFLOW) as HistogramPoint;
  t.deepEqual([countOf(rest), rest.sum], [91, 4950 - 36]);
  t.is(rest.exponential!.zeroCount + sum(rest.exponential!.counts), 91);
  t.is(reader.header('seriesUsed'), 36);
  t.is(reader.header('overflowed'), 4 * 91);
  t.is(reader.header('seriesRefused'), 0);
});

test('A series that was made before the limit fell keeps its own cells', (t) => {
  const store = new StoreWriter();
  const counter = store.metric(COUNTER, SCOPE);
  const made = [1, 2, 3, 4].map((i) => counter.series({ i }));
  store.seriesLimit = 2;
  t.deepEqual(
    [1, 2, 3, 4].map((i) => counter.series({ i })),
    made,
  );
  t.true(counter.isOverflow(counter.series({ i: 5 })));
  store.seriesLimit = 1;
  t.true(store.metric(UPDOWN, SCOPE).isOverflow(store.metric(UPDOWN, SCOPE).series({})));
});

test('A full map throws nothing, counts what it refused, and keeps totals exact', (t) => {
  const store = new StoreWriter();
  const reader = new StoreReader(store.buffer);
  const before = store.metric(COUNTER, SCOPE);
  const made = fillCells(store);
  t.true(made > 5000, `${made} series`);
  t.true(store.cells[HEADER.cellsUsed]! <= END_CELL - FIRST_CELL - CELL_RESERVE);
  t.is(reader.header('seriesRefused'), 1);
  const wide = store.metric(WIDE, SCOPE, true);
  for (let i = 0; i < 1000; i++) wide.record(wide.series({ late: i }), 0.5);
  const point = readingOf(reader.metrics(), WIDE.name, OVERFLOW) as HistogramPoint;
  t.deepEqual([countOf(point), point.sum], [1000, 500]);
  t.is(reader.header('seriesRefused'), 1001);
  for (let i = 0; i < 2000; i++) store.cells[before.series({ i })]! += 1;
  const total = pointsOf(reader.metrics(), COUNTER.name).reduce((n, { value }) => n + (value as number), 0);
  t.is(total, 2000);
});

test('A metric that comes when the map is full of series still has its overflow series', (t) => {
  const store = new StoreWriter();
  const reader = new StoreReader(store.buffer);
  fillCells(store);
  fillLog(store);
  for (let i = 0; i < 50; i++) {
    const late = store.metric({ ...WIDE, name: `test.late.${i}` }, SCOPE, true);
    late.record(late.series({ i }), 2);
  }
  const metrics = reader.metrics();
  for (let i = 0; i < 50; i++) t.is(countOf(readingOf(metrics, `test.late.${i}`, OVERFLOW) as HistogramPoint), 1);
});

test('When even the reserve is used up, what is recorded goes nowhere, and touches nobody else', (t) => {
  const store = new StoreWriter();
  const reader = new StoreReader(store.buffer);
  const counter = store.metric(COUNTER, SCOPE);
  store.cells[counter.series({})] = 7;
  fillCells(store);
  for (let i = 0; i < 500; i++) {
    const late = store.metric({ ...WIDE, name: `test.late.${i}` }, SCOPE, true);
    late.record(late.series({ i }), 2);
    late.record(late.overflow(), 2);
  }
  const metrics = reader.metrics();
  t.is(readingOf(metrics, COUNTER.name), 7);
  t.true(reader.header('seriesRefused') >= 2 * (500 - CELL_RESERVE / 548) - 2);
  t.is(pointsOf(metrics, 'test.late.499').length, 0);
  for (const { name } of metrics.map(({ metric }) => metric)) {
    if (!name.startsWith('test.late')) continue;
    t.is(countOf(pointsOf(metrics, name)[0]!.value as HistogramPoint), 2, name);
  }
  t.true(store.cells[HEADER.cellsUsed]! <= END_CELL - FIRST_CELL);
});

test('A full log throws nothing, takes no cells for series that it cannot describe, and keeps totals exact', (t) => {
  const store = new StoreWriter();
  const reader = new StoreReader(store.buffer);
  const made = fillLog(store);
  t.true(made > 8);
  const used = store.cells[HEADER.cellsUsed]!;
  const counter = store.metric(COUNTER, SCOPE);
  for (let i = 0; i < 5000; i++) store.cells[counter.series({ late: i })]! += 2;
  t.is(store.cells[HEADER.cellsUsed]!, used + 1);
  t.is(readingOf(reader.metrics(), COUNTER.name, OVERFLOW), 10_000);
  t.true(Atomics.load(new Int32Array(store.buffer), HEADER.logEnd * 2) <= LOG_BYTES);
});

test('When even the reserve of the log is used up, a metric without a name records nowhere', (t) => {
  const store = new StoreWriter();
  const reader = new StoreReader(store.buffer);
  fillLog(store);
  const help = 'x'.repeat(10_000);
  for (let i = 0; i < LOG_RESERVE / 10_000 + 10; i++) {
    const late = store.metric({ ...COUNTER, name: `test.late.${i}`, help }, SCOPE);
    store.cells[late.series({ i })]! += 1;
  }
  const small = store.metric({ name: 'q', kind: 'gauge' }, { name: '' });
  store.cells[small.series({})] = 3;
  const seen = reader.metrics().filter(({ metric }) => metric.name.startsWith('test.late'));
  t.true(seen.length >= 20 && seen.length <= LOG_RESERVE / 10_000);
  for (const { points } of seen) t.deepEqual([points.length, points[0]!.value], [1, 1]);
});
