import test from 'ava';
import { exponentialQuantile, maximum } from '../../adapters/graphite-histogram.ts';
import { toLines } from '../../adapters/graphite-lines.ts';
import { taggedNaming } from '../../adapters/graphite-names.ts';
import { decimal } from '../../adapters/graphite-number.ts';
import type { Metric } from '../../src/snapshot/metric.ts';
import { explicitQuantile } from '../../src/snapshot/quantile.ts';
import type { Snapshot } from '../../src/snapshot/snapshot.ts';
import { BUCKETS, cellValue, EXPONENTIAL_CELLS, exponentialCell, OFFSET, SCALE } from '../../src/store/buckets.ts';
import { randomSnapshot, seededRandom } from '../exposition/random-snapshot.ts';
import { type Entry, interval, LATENCY, REQUESTS } from './graphite-harness.ts';

const naming = taggedNaming({ service: 's', host: 'h', instance: '1' });
const TAIL = ';host=h;instance=1;service=s';

function render(snapshot: Snapshot) {
  const { pieces, refusals } = toLines(snapshot, naming, 1000);
  const lines = pieces.flatMap(({ text }) => text.split('\n').slice(0, -1));
  const points = pieces.reduce((sum, piece) => sum + piece.points, 0);
  return { pieces, lines, points, refusals };
}

function show(...entries: readonly Entry[]): string[] {
  return render(interval(1000, entries)).lines.map((line) => line.replace(TAIL, '').replace(/ 1000$/, ''));
}

test('a counter becomes the count and the rate of its interval', (t) => {
  const snapshot = interval(1000, [[REQUESTS, 30]]);
  const point = snapshot.metrics[0]!.points[0]!;
  const longer = { ...snapshot, metrics: [{ ...snapshot.metrics[0]!, points: [{ ...point, startTime: 990_000 }] }] };
  t.deepEqual(render(longer).lines, [`requests.count${TAIL} 30 1000`, `requests.rate${TAIL} 3 1000`]);
});

test('a histogram becomes count, mean, quantiles and maximum; an empty one its count', (t) => {
  t.deepEqual(show([LATENCY, { counts: [0, 100, 0, 0], sum: 40 }]), [
    ...['latency.count 100', 'latency.mean 0.4', 'latency.p50 0.55', 'latency.p90 0.91', 'latency.p99 0.991'],
    'latency.max 1',
  ]);
  t.deepEqual(show([LATENCY, { counts: [0, 0, 0, 0], sum: 0 }]), ['latency.count 0']);
  t.deepEqual(
    show([
      { ...LATENCY, bounds: [] },
      { counts: [4], sum: 2 },
    ]),
    ['latency.count 4', 'latency.mean 0.5'],
  );
});

test('gauges and updowns are sent as they are, with the shortest digits', (t) => {
  const gauge = (name: string): Metric => ({ name, kind: 'gauge' });
  t.deepEqual(show([gauge('a'), 0.004], [{ name: 'b', kind: 'updown' }, -5], [gauge('c'), -0], [gauge('d'), 1e-7]), [
    ...['a 0.004', 'b -5', 'c 0', 'd 0.0000001'],
  ]);
});

test('a decimal reads back as the same number and has no exponent', (t) => {
  const random = seededRandom(3);
  const floats = new Float64Array(1);
  const words = new Uint32Array(floats.buffer);
  const all = [0.004, 1e-7, 1e21, 1.5e300, 1e308, Number.MAX_VALUE, 5e-324, -2.5e-10, 0.1 + 0.2, 2 ** 53, 123456789];
  for (let i = 0; i < 5000; i++) {
    words[0] = random() * 2 ** 32;
    words[1] = random() * 2 ** 32;
    if (Number.isFinite(floats[0])) all.push(floats[0]!);
  }
  for (const value of all) {
    t.regex(decimal(value), /^-?\d+(\.\d+)?$/);
    t.is(Number(decimal(value)), value);
  }
  t.is(decimal(-0), '0');
});

test('values that carbon would drop in silence are refused and counted', (t) => {
  const { lines, refusals } = render(
    interval(1000, [
      [{ name: 'a', kind: 'gauge' }, Number.NaN],
      [{ name: 'b', kind: 'gauge' }, Number.POSITIVE_INFINITY],
      [REQUESTS, -1],
      [LATENCY, { counts: [1], sum: 1 }],
      [LATENCY, { counts: [1, Number.NaN, 0, 0], sum: 1 }],
      [LATENCY, 5],
    ]),
  );
  t.deepEqual(lines, []);
  t.is(
    refusals.reduce((sum, { points }) => sum + points, 0),
    6,
  );
});

test('series that get one name add up, and gauges of two scopes get theirs as a tag', (t) => {
  t.deepEqual(show([REQUESTS, 2, { k: 'a b' }], [REQUESTS, 3, { k: 'a\nb' }]).slice(0, 1), [
    'requests.count;host=h;instance=1;k=a_b;service=s 5',
  ]);
  const gauge: Metric = { name: 'g', kind: 'gauge' };
  const two = [interval(1000, [[gauge, 1]], 'one'), interval(1000, [[gauge, 2]], 'two')];
  const { lines } = render({ ...two[0]!, metrics: two.flatMap(({ metrics }) => metrics) });
  t.deepEqual(lines, [
    'g;host=h;instance=1;otel.scope.name=one;service=s 1 1000',
    'g;host=h;instance=1;otel.scope.name=two;service=s 2 1000',
  ]);
});

test('a metric whose name another one has, or that is named like a statistic, is refused in either order', (t) => {
  const gauge: Entry = [{ name: 'requests.count', kind: 'gauge' }, 9];
  const other: Entry = [{ name: 're quests', kind: 'gauge' }, 9];
  const taken: Entry = [{ name: 're+quests', kind: 'updown' }, 8];
  for (const order of [
    [gauge, [REQUESTS, 1], other, taken],
    [[REQUESTS, 1], gauge, other, taken],
  ] as readonly Entry[][]) {
    t.deepEqual(show(...order), ['requests.count 1', 'requests.rate 1', 're_quests 9']);
  }
});

test('no line is double, malformed or long, whatever the snapshot holds, and every point is accounted for', (t) => {
  for (let seed = 1; seed <= 200; seed++) {
    const snapshot = randomSnapshot(seededRandom(seed));
    const { lines, points, refusals, pieces } = render(snapshot);
    for (const line of lines) {
      t.regex(line, /^[A-Za-z0-9_.-]+(;[A-Za-z0-9_.-]+=(?!~)[\x21-\x3a\x3c-\x7e]+)* -?\d+(\.\d+)? 1000$/);
    }
    t.is(new Set(lines.map((line) => line.split(' ')[0])).size, lines.length, `seed ${seed}`);
    t.true(pieces.every(({ text }) => text.length < 65_536));
    const refused = refusals.reduce((sum, refusal) => sum + refusal.points, 0);
    t.is(points + refused, snapshot.metrics.flatMap((metric) => metric.points).length);
  }
});

test('quantiles and maximum of exponential buckets are those of the values within the error of a bucket', (t) => {
  const random = seededRandom(11);
  const cells = new Float64Array(EXPONENTIAL_CELLS);
  const values = Array.from({ length: 5000 }, () => 10 ** (random() * 7 - 5)).sort((a, b) => a - b);
  for (const value of values) cells[exponentialCell(value)]!++;
  const counts = cells.slice(1, BUCKETS + 2);
  const exponential = { scale: SCALE, offset: OFFSET, counts, zeroCount: cells[0]!, zeroThreshold: cellValue(0) };
  for (const q of [0.5, 0.9, 0.99]) {
    const truth = values[Math.ceil(q * values.length) - 1]!;
    t.true(Math.abs(exponentialQuantile(exponential, q) / truth - 1) < 0.023, `${q}`);
  }
  const max = maximum({ counts: [0, 5000], sum: 1, exponential }, [1e-9]);
  t.true(max >= values.at(-1)! && max < values.at(-1)! * 1.05);
});

test('explicit buckets are interpolated, and what is above the last bound counts as that bound', (t) => {
  t.is(explicitQuantile([10, 0, 0], [1, 2], 5), 0.5);
  t.is(explicitQuantile([0, 10, 0], [1, 2], 5), 1.5);
  t.is(explicitQuantile([0, 0, 10], [1, 2], 5), 2);
  t.is(maximum({ counts: [1, 0, 1], sum: 3 }, [1, 2]), 2);
  t.is(maximum({ counts: [1, 0, 0], sum: 3 }, [1, 2]), 1);
});
