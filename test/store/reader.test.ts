import test from 'ava';
import type { Attributes } from '../../src/snapshot/metric.ts';
import { countOf, type HistogramPoint } from '../../src/snapshot/snapshot.ts';
import { BUCKETS, cellValue, OFFSET, SCALE, ZERO_THRESHOLD } from '../../src/store/buckets.ts';
import { HEADER, LAYOUT_VERSION, MAP_BYTES } from '../../src/store/layout.ts';
import { StoreReader } from '../../src/store/reader.ts';
import { StoreWriter } from '../../src/store/writer.ts';
import { COUNTER, GAUGE, HISTOGRAM, pointsOf, readingOf, SCOPE, UPDOWN } from './metrics.ts';

test('Every kind comes back as it was described and recorded', (t) => {
  const store = new StoreWriter({ startTime: 1234.5, threadId: 3 });
  const reader = new StoreReader(store.buffer);
  const counter = store.metric(COUNTER, SCOPE);
  store.cells[counter.series({ a: 'x' })]! += 2.5;
  store.cells[store.metric(UPDOWN, SCOPE).series({})]! -= 4;
  store.cells[store.metric(GAUGE, { name: 'bare' }).series({ b: true, c: 7 })] = -0.25;
  const plain = store.metric(HISTOGRAM, SCOPE);
  for (const value of [0.1, 0.2, 1, 5, 11, 12]) plain.record(plain.series({}), value);
  t.deepEqual(reader.metrics(), [
    { metric: { ...COUNTER, bounds: undefined }, scope: SCOPE, points: [point({ a: 'x' }, 2.5)] },
    { metric: { ...UPDOWN, help: undefined, bounds: undefined }, scope: SCOPE, points: [point({}, -4)] },
    {
      metric: { ...GAUGE, unit: undefined, help: undefined, bounds: undefined },
      scope: { name: 'bare' },
      points: [point({ b: true, c: 7 }, -0.25)],
    },
    {
      metric: { ...HISTOGRAM, help: undefined },
      scope: SCOPE,
      points: [point({}, { counts: Float64Array.of(1, 2, 1, 2), sum: 29.3 })],
    },
  ]);
  t.is(reader.header('threadId'), 3);
});

function point(attributes: Attributes, value: number | HistogramPoint) {
  return { attributes, startTime: 1234.5, value };
}

test('Exponential buckets come back trimmed, with the overflow as one more bucket above the range', (t) => {
  const store = new StoreWriter();
  const reader = new StoreReader(store.buffer);
  const histogram = store.metric(HISTOGRAM, SCOPE, true);
  const at = histogram.series({});
  const exponential = () => (readingOf(reader.metrics(), HISTOGRAM.name) as HistogramPoint).exponential!;
  t.deepEqual([exponential().counts.length, exponential().zeroCount], [0, 0]);
  histogram.record(at, 0);
  t.deepEqual([exponential().counts.length, exponential().zeroCount], [0, 1]);
  histogram.record(at, cellValue(100));
  t.deepEqual(exponential(), {
    scale: SCALE,
    offset: OFFSET + 99,
    counts: Float64Array.of(1),
    zeroCount: 1,
    zeroThreshold: ZERO_THRESHOLD,
  });
  histogram.record(at, cellValue(102));
  t.deepEqual([...(exponential().counts as Float64Array)], [1, 0, 1]);
  histogram.record(at, 5000);
  histogram.record(at, cellValue(1));
  const all = exponential();
  t.is(all.offset, OFFSET);
  t.is(all.counts.length, BUCKETS + 1);
  t.is(all.counts[BUCKETS], 1);
});

test('Unicode, control characters and long texts come back as they were', (t) => {
  const store = new StoreWriter();
  const texts = ['Grüße', '世界', '👩‍👩‍👧‍👦🏳️‍🌈', '\0\n"\\\u2028', 'x'.repeat(1000), '\u{1f600}'.repeat(1000), '', ' '];
  const counter = store.metric({ ...COUNTER, help: texts.join('|') }, SCOPE);
  for (const [i, text] of texts.entries()) store.cells[counter.series({ [`key ${text}`]: text })] = i + 1;
  const [{ metric, points }] = new StoreReader(store.buffer).metrics() as [never];
  t.is((metric as typeof COUNTER).help, texts.join('|'));
  t.deepEqual(
    (points as { attributes: Attributes }[]).map(({ attributes }) => attributes),
    texts.map((text) => ({ [`key ${text}`]: text })),
  );
});

test('A lone surrogate in an attribute breaks nothing', (t) => {
  const store = new StoreWriter();
  const counter = store.metric(COUNTER, SCOPE);
  store.cells[counter.series({ a: '\ud800' })] = 1;
  store.cells[counter.series({ a: 'after' })] = 2;
  const metrics = new StoreReader(store.buffer).metrics();
  t.is(readingOf(metrics, COUNTER.name, { a: 'after' }), 2);
  t.is(pointsOf(metrics, COUNTER.name).length, 2);
});

test('A gauge that was never set, and a metric without series, are absent; a counter that was never added to is 0', (t) => {
  const store = new StoreWriter();
  const reader = new StoreReader(store.buffer);
  const gauge = store.metric(GAUGE, SCOPE).series({});
  store.metric(UPDOWN, SCOPE);
  store.metric(COUNTER, SCOPE).series({});
  t.deepEqual(
    reader.metrics().map(({ metric }) => metric.name),
    [COUNTER.name],
  );
  store.cells[gauge] = 0;
  t.is(readingOf(reader.metrics(), GAUGE.name), 0);
});

test('A reader sees everything whenever it is made, and several readers see the same', (t) => {
  const store = new StoreWriter();
  const counter = store.metric(COUNTER, SCOPE);
  const readers: StoreReader[] = [];
  for (let i = 0; i < 50; i++) {
    store.cells[counter.series({ i })]! += i + 1;
    readers.push(new StoreReader(store.buffer));
    if (i % 7 === 0) readers[i >> 1]!.metrics();
  }
  const expected = readers[0]!.metrics();
  t.is(pointsOf(expected, COUNTER.name).length, 50);
  for (const reader of readers) t.deepEqual(reader.metrics(), expected);
});

test('What a reader returned does not change afterwards', (t) => {
  const store = new StoreWriter();
  const histogram = store.metric(HISTOGRAM, SCOPE, true);
  const reader = new StoreReader(store.buffer);
  histogram.record(histogram.series({}), 1);
  const seen = reader.metrics();
  const copy = structuredClone(seen);
  for (let i = 0; i < 100; i++) histogram.record(histogram.series({ i }), i);
  reader.metrics();
  t.deepEqual(seen, copy);
  t.is(countOf(readingOf(seen, HISTOGRAM.name) as HistogramPoint), 1);
});

test('A foreign buffer is refused with a RangeError', (t) => {
  const ofVersion = (version: number, bytes = MAP_BYTES) => {
    const buffer = new SharedArrayBuffer(bytes);
    new Float64Array(buffer)[HEADER.version] = version;
    return buffer;
  };
  const foreign: unknown[] = [
    new SharedArrayBuffer(0),
    new SharedArrayBuffer(13),
    new SharedArrayBuffer(MAP_BYTES),
    ofVersion(LAYOUT_VERSION + 1),
    ofVersion(Number.NaN),
    ofVersion(LAYOUT_VERSION, 8),
    ofVersion(LAYOUT_VERSION, MAP_BYTES / 2),
    new ArrayBuffer(MAP_BYTES),
    undefined,
    null,
    {},
    'map',
  ];
  for (const buffer of foreign)
    t.throws(() => new StoreReader(buffer as SharedArrayBuffer), { instanceOf: RangeError });
  t.notThrows(() => new StoreReader(ofVersion(LAYOUT_VERSION)));
});

test('The exponential cells of a metric are those of its first series, and absent without any', (t) => {
  const store = new StoreWriter();
  const reader = new StoreReader(store.buffer);
  t.is(reader.exponentialCells(HISTOGRAM.name), undefined);
  const histogram = store.metric(HISTOGRAM, SCOPE, true);
  t.is(reader.exponentialCells(HISTOGRAM.name), undefined);
  histogram.record(histogram.series({}), 0);
  histogram.record(histogram.series({}), cellValue(9));
  const cells = reader.exponentialCells(HISTOGRAM.name)!;
  t.deepEqual([cells[0], cells[9], cells.reduce((a, b) => a + b)], [1, 1, 2]);
  const plain = store.metric({ ...HISTOGRAM, name: 'test.plain' }, SCOPE);
  plain.record(plain.series({}), 1);
  t.is(reader.exponentialCells('test.plain'), undefined);
});

test('Busy time is the integral of requests in flight, and never falls', (t) => {
  const store = new StoreWriter();
  const reader = new StoreReader(store.buffer);
  t.is(reader.busySeconds(1e9), 0);
  const { cells } = store;
  Object.assign(cells, {
    [HEADER.busyBegin]: 1000,
    [HEADER.busyAt]: 1000,
    [HEADER.busyTime]: 500,
    [HEADER.busyNow]: 2,
  });
  t.is(reader.busySeconds(1000), 0.5);
  t.is(reader.busySeconds(3000), 4.5);
  t.is(reader.busySeconds(2000), 4.5);
  cells[HEADER.busyBegin] = 1500;
  t.is(reader.busySeconds(9000), 4.5);
  Object.assign(cells, { [HEADER.busyAt]: 1500, [HEADER.busyTime]: 1500, [HEADER.busyNow]: 0 });
  t.is(reader.busySeconds(9000), 4.5);
});
