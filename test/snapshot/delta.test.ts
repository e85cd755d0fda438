import test from 'ava';
import { delta } from '../../src/snapshot/delta.ts';
import type { Metric } from '../../src/snapshot/metric.ts';
import { countOf, type HistogramPoint, type Point, type Snapshot } from '../../src/snapshot/snapshot.ts';
import { type Random, randomSnapshot, seededRandom } from '../exposition/random-snapshot.ts';

const COUNTER: Metric = { name: 'c', kind: 'counter' };
const HISTOGRAM: Metric = { name: 'h', kind: 'histogram', bounds: [1, 2] };

function snapshotOf(time: number, points: readonly Point[], metric = COUNTER): Snapshot {
  return { time, resource: {}, metrics: points.length > 0 ? [{ metric, scope: { name: 's' }, points }] : [] };
}
const point = (value: Point['value'], startTime = 0, attributes = {}): Point => ({ attributes, startTime, value });
const only = (snapshot: Snapshot): Point => snapshot.metrics[0]!.points[0]!;
const between = (before: Point, after: Point, metric = COUNTER) =>
  only(delta(snapshotOf(100, [before], metric), snapshotOf(200, [after], metric)));

test('a counter is what came since, with the moment of the previous snapshot as its start', (t) => {
  t.deepEqual(between(point(3, 7), point(10, 7)), point(7, 100));
  t.deepEqual(between(point(3, 7), point(3, 7)), point(0, 100));
});

test('without a previous snapshot, and for a new series, the whole value counts from its own start', (t) => {
  t.deepEqual(only(delta(undefined, snapshotOf(200, [point(10, 7)]))), point(10, 7));
  t.deepEqual(between(point(3, 7, { a: 1 }), point(10, 7, { a: 2 })), point(10, 7, { a: 2 }));
});

test('a fall and a later start are resets: the whole value', (t) => {
  t.deepEqual(between(point(10, 7), point(4, 7)), point(4, 7));
  t.deepEqual(between(point(10, 7), point(40, 150)), point(40, 150));
});

test('an earlier start is no reset: a source that joined moved it', (t) => {
  t.deepEqual(between(point(10, 50), point(15, 7)), point(5, 100));
});

test('gauges and updowns stay the same objects', (t) => {
  for (const kind of ['gauge', 'updown'] as const) {
    const current = snapshotOf(200, [point(-5)], { name: 'x', kind });
    t.is(delta(snapshotOf(100, [point(3)], { name: 'x', kind }), current).metrics[0], current.metrics[0]);
  }
});

test('a counter below zero is left out', (t) => {
  t.deepEqual(delta(undefined, snapshotOf(1, [point(-1)])).metrics, []);
  t.deepEqual(delta(snapshotOf(0, [point(-5)]), snapshotOf(1, [point(-1)])).metrics, []);
  t.deepEqual(between(point(-5), point(3)), point(3, 0));
});

const histogram = (counts: number[], sum: number, offset?: number, exponential: number[] = []): HistogramPoint => ({
  counts,
  sum,
  ...(offset !== undefined && {
    exponential: { scale: 4, offset, counts: exponential, zeroCount: counts[0]!, zeroThreshold: 0 },
  }),
});

test('histograms are subtracted bucket by bucket, exponential ones also when their range has moved', (t) => {
  const before = histogram([1, 2, 3], 10, 5, [1, 2]);
  const { startTime, value } = between(point(before), point(histogram([1, 3, 5], 17, 3, [4, 0, 2, 2, 1])), HISTOGRAM);
  const { counts, sum, exponential } = value as HistogramPoint;
  t.is(startTime, 100);
  t.deepEqual([...Array.from(counts), sum], [0, 1, 2, 7]);
  t.deepEqual(Array.from(exponential!.counts), [4, 0, 1, 0, 1]);
  t.is(exponential!.zeroCount, 0);
  t.deepEqual(before.counts, [1, 2, 3]);
});

test('a histogram of which any bucket fell is whole, as is one with other bounds or a sum that fell', (t) => {
  for (const [before, after] of [
    [histogram([5, 0, 0], 1), histogram([4, 9, 9], 50)],
    [histogram([1, 0, 0], 9), histogram([1, 1, 1], 5)],
    [histogram([1, 1, 1], 1, 0, [2, 2]), histogram([1, 2, 2], 5, 0, [3, 1])],
    [histogram([1, 1, 1], 1, 0, [2, 2]), histogram([1, 2, 2], 5, 1, [3, 1])],
  ] as const) {
    t.deepEqual(between(point(before, 7), point(after, 7), HISTOGRAM), point(after, 7));
  }
  const old = snapshotOf(100, [point(histogram([1, 1, 1], 1))], { ...HISTOGRAM, bounds: [1, 3] });
  const now = snapshotOf(200, [point(histogram([2, 2, 2], 3), 7)], HISTOGRAM);
  t.deepEqual(only(delta(old, now)), only(now));
});

test('exponential buckets that have no counterpart are left out, the explicit ones stay', (t) => {
  const { value } = between(point(histogram([1, 1, 1], 1)), point(histogram([1, 1, 2], 4, 0, [4])), HISTOGRAM);
  t.is((value as HistogramPoint).exponential, undefined);
  t.is(countOf(value as HistogramPoint), 1);
});

/** A counter and a histogram that run on, with resets now and then, and what was really counted. */
function life(random: Random, rounds: number) {
  let [counter, counts, sum, startTime] = [0, [0, 0, 0], 0, 0];
  const truth = { counter: 0, count: 0 };
  const snapshots: Snapshot[] = [];
  for (let i = 1; i <= rounds; i++) {
    if (random() < 0.1) [counter, counts, sum, startTime] = [0, [0, 0, 0], 0, i * 10 - 5];
    const step = Math.floor(random() * 5);
    counter += step;
    truth.counter += step;
    counts = counts.map((count) => count + Math.floor(random() * 3));
    sum += random();
    const metrics = [
      snapshotOf(0, [point(counter, startTime)]),
      snapshotOf(0, [point(histogram(counts, sum, 0, counts), startTime)], HISTOGRAM),
    ];
    snapshots.push({ time: i * 10, resource: {}, metrics: metrics.flatMap((each) => each.metrics) });
  }
  return { snapshots, truth };
}

test('whatever restarts and whatever pushes fail, the deltas add up to what was counted, and none is negative', (t) => {
  for (let seed = 0; seed < 300; seed++) {
    const random = seededRandom(seed);
    const { snapshots } = life(random, 40);
    let previous: Snapshot | undefined;
    let [sum, wanted, last, lastStart] = [0, 0, 0, 0];
    for (const snapshot of snapshots) {
      const { startTime, value } = snapshot.metrics[0]!.points[0]!;
      if (random() < 0.3) continue;
      wanted += startTime === lastStart ? (value as number) - last : (value as number);
      [last, lastStart] = [value as number, startTime];
      const given = delta(previous, snapshot);
      previous = snapshot;
      sum += given.metrics[0]!.points[0]!.value as number;
      const { counts, exponential } = given.metrics[1]!.points[0]!.value as HistogramPoint;
      for (const count of [...Array.from(counts), ...Array.from(exponential!.counts)]) t.true(count >= 0);
      t.is(
        Array.from(exponential!.counts).reduce((a, b) => a + b),
        countOf({ counts, sum: 0 }),
      );
    }
    t.is(sum, wanted, `seed ${seed}`);
  }
});

test('hostile snapshots are subtracted without a throw, and nothing is negative that was not', (t) => {
  for (let seed = 0; seed < 500; seed++) {
    const random = seededRandom(seed);
    const { metrics } = delta(randomSnapshot(random), randomSnapshot(random));
    for (const { metric, points } of metrics) {
      for (const { value } of points) if (metric.kind === 'counter' && typeof value === 'number') t.false(value < 0);
    }
  }
});
