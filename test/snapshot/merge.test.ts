import test from 'ava';
import { merge } from '../../src/snapshot/merge.ts';
import type { Attributes, Metric, Scope } from '../../src/snapshot/metric.ts';
import type { HistogramPoint, MetricSnapshot, Point } from '../../src/snapshot/snapshot.ts';

const A = { name: 'a' };
const B = { name: 'b', version: '2' };
const COUNTER: Metric = { name: 'm', kind: 'counter', unit: 's' };

function part(metric: Metric, value: Point['value'], attributes: Attributes = {}, scope: Scope = A, startTime = 5) {
  return { metric, scope, points: [{ attributes, startTime, value }] };
}

function valuesOf(merged: readonly MetricSnapshot[]) {
  return merged.flatMap(({ scope, points }) => points.map(({ attributes, value }) => [scope.name, attributes, value]));
}

for (const kind of ['counter', 'updown'] as const) {
  test(`Values of one ${kind} series from several sources add up, in whatever order its keys stand`, (t) => {
    const metric: Metric = { ...COUNTER, kind };
    const merged = merge([
      [part(metric, 1, { x: 1, y: 'z' }, A, 9)],
      [part(metric, 2, { y: 'z', x: '1' }, B, 4)],
      [part(metric, 40, {}, B)],
    ]);
    t.deepEqual(valuesOf(merged), [
      ['a', { x: 1, y: 'z' }, 3],
      ['b', {}, 40],
    ]);
    t.is(merged[0]!.points[0]!.startTime, 4);
  });
}

test('Gauges never add up: of two scopes both stay, of one scope the last', (t) => {
  const metric: Metric = { ...COUNTER, kind: 'gauge' };
  const merged = merge([[part(metric, 1)], [part(metric, 2, {}, B)], [part(metric, 3)]]);
  t.deepEqual(valuesOf(merged), [
    ['a', {}, 3],
    ['b', {}, 2],
  ]);
  const versions = merge([[part(metric, 1, {}, { name: 'b' })], [part(metric, 2, {}, B)]]);
  t.is(versions.length, 2);
});

test('Histograms add bucket by bucket, exponential buckets by their place', (t) => {
  const metric: Metric = { name: 'h', kind: 'histogram', bounds: [1, 2] };
  const shape = { scale: 4, zeroThreshold: 1e-6 };
  const one = { counts: [1, 2, 3], sum: 6, exponential: { ...shape, offset: -3, counts: [1, 0, 5], zeroCount: 0 } };
  const two = {
    counts: Float64Array.of(4, 0, 1),
    sum: 0.5,
    exponential: { ...shape, offset: 2, counts: [7], zeroCount: 2 },
  };
  const [merged] = merge([[part(metric, one)], [part(metric, two, {}, B)]]);
  const value = merged!.points[0]!.value as HistogramPoint;
  t.deepEqual([...(value.counts as Float64Array)], [5, 2, 4]);
  t.is(value.sum, 6.5);
  t.deepEqual(value.exponential, {
    ...shape,
    offset: -3,
    counts: Float64Array.of(1, 0, 5, 0, 0, 7),
    zeroCount: 2,
  });
  t.deepEqual(one.counts, [1, 2, 3]);
});

test('Exponential buckets that one of two lacks are left out, since they would count less than the explicit ones', (t) => {
  const metric: Metric = { name: 'h', kind: 'histogram', bounds: [] };
  const exponential = { scale: 4, zeroThreshold: 0, offset: 0, counts: [1], zeroCount: 0 };
  const [merged] = merge([
    [part(metric, { counts: [1], sum: 1, exponential })],
    [part(metric, { counts: [1], sum: 2 })],
  ]);
  const value = merged!.points[0]!.value as HistogramPoint;
  t.deepEqual([value.sum, [...(value.counts as Float64Array)], value.exponential], [3, [2], undefined]);
});

test('The first description of a name wins: another kind, unit or bounds is left out', (t) => {
  const histogram: Metric = { name: 'h', kind: 'histogram', bounds: [1] };
  const merged = merge([
    [part(COUNTER, 1), part(histogram, { counts: [1, 0], sum: 0 })],
    [
      part({ ...COUNTER, kind: 'updown' }, 10),
      part({ ...COUNTER, unit: 'ms' }, 100),
      part({ ...COUNTER, unit: '' }, 1000),
    ],
    [
      part({ ...histogram, bounds: [2] }, { counts: [9, 9], sum: 9 }),
      part({ ...histogram, bounds: [1, 2] }, { counts: [9, 9, 9], sum: 9 }),
    ],
    [part({ ...COUNTER, help: 'other words' }, 5)],
  ]);
  t.deepEqual(
    merged.map(({ metric, points }) => [metric, points.length]),
    [
      [COUNTER, 1],
      [histogram, 1],
    ],
  );
  t.is(merged[0]!.points[0]!.value, 6);
});

test('No unit and an empty unit are the same', (t) => {
  const bare: Metric = { name: 'm', kind: 'counter' };
  t.is(merge([[part(bare, 1)], [part({ ...bare, unit: '' }, 2)]])[0]!.points[0]!.value, 3);
});

test('Merging changes none of its parts, and of a single part it is that part', (t) => {
  const parts = [[part(COUNTER, 1, { a: 1 })], [part(COUNTER, 2, { a: 1 }), part(COUNTER, 3, { a: 2 })]];
  const copy = structuredClone(parts);
  t.deepEqual(
    valuesOf(merge(parts)).map(([, , value]) => value),
    [3, 3],
  );
  t.deepEqual(parts, copy);
  t.deepEqual(merge([parts[0]!]), parts[0]!);
  t.deepEqual(merge([]), []);
  t.deepEqual(merge([[], []]), []);
});

test('What merging twice in any grouping gives is the same', (t) => {
  const parts = [1, 2, 3, 4].map((i) => [part(COUNTER, i, { k: i % 2 }, i > 2 ? B : A)]);
  const atOnce = merge(parts);
  t.deepEqual(merge([merge(parts.slice(0, 2)), merge(parts.slice(2))]), atOnce);
  t.deepEqual(merge([merge(parts.slice(0, 3)), parts[3]!]), atOnce);
});
