/** Snapshots that nobody should produce, and somebody will: hostile names, keys, units, values and clashes. */
import type { Attributes, MetricKind } from '../../src/snapshot/metric.ts';
import type { HistogramPoint, MetricSnapshot, Point, Snapshot } from '../../src/snapshot/snapshot.ts';

/** A number in [0, 1), the same row of them for the same seed (mulberry32). */
export type Random = () => number;

export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t ^= t + Math.imul(t ^ (t >>> 7), 61 | t);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const NAMES = [
  ...['a.b', 'a_b', 'a-b', 'a..b', 'a', 'a.total', 'a.count', 'a.sum', 'a.bucket', 'a.created', 'a.seconds', 'seconds'],
  ...['', '_', '.', '__name__', '😀', '9lives', 'target', 'target.info', 'total', '.total', 'a:b', 'a\nb', '{}', '"'],
  ...['# EOF', 'x'.repeat(255), '\0', '\ud800', 'http.server.request.duration', 'toString', '__proto__', 'a.info'],
];
const KEYS = [
  ...['a.b', 'a_b', 'a', '', 'le', 'quantile', '__name__', '9', '😀', 'job', 'otel.scope.name', 'key_9', '__proto__'],
  ...['exported_le', '\n', '"', 'k'.repeat(255)],
];
const TEXTS = [
  '',
  'v',
  'v;v',
  '"',
  '\\',
  '\n',
  '\\n',
  '\0',
  '\ud800',
  '\udc00a',
  '😀',
  '}',
  ',a="b"',
  '\r',
  '# EOF\n',
  true,
  0,
];
const UNITS = [
  undefined,
  '',
  's',
  'ms',
  'By',
  '1',
  '%',
  '{request}',
  'By/s',
  '{x}/s',
  '{',
  '😀',
  'seconds',
  '/',
  'm/s\n',
];
const HELPS = [undefined, '', 'plain', 'a\nb', 'back\\slash "quoted"', '\ud800\0', '# TYPE a gauge'];
const NUMBERS = [
  0,
  -0,
  1,
  -1,
  0.1,
  1e21,
  1e-7,
  5e-324,
  Number.MAX_VALUE,
  2 ** 53,
  Number.NaN,
  Infinity,
  -Infinity,
  123456,
];
const BOUNDS = [
  [],
  [1],
  [0.005, 0.01, 1, 10],
  [-1, 0, 1],
  [1, 1],
  [2, 1],
  [1, Infinity],
  [1e-7, 1e6, 1e21],
  [Number.NaN],
];
const KINDS: readonly MetricKind[] = ['counter', 'updown', 'gauge', 'histogram'];

function pick<T>(random: Random, from: readonly T[]): T {
  return from[Math.floor(random() * from.length)]!;
}

function randomAttributes(random: Random): Attributes {
  const entries = Array.from({ length: Math.floor(random() * 4) }, () => [pick(random, KEYS), pick(random, TEXTS)]);
  return Object.fromEntries(entries);
}

function randomHistogram(random: Random, bounds: readonly number[]): HistogramPoint {
  const length = random() < 0.05 ? bounds.length : bounds.length + 1;
  const counts = Array.from({ length }, () => (random() < 0.03 ? pick(random, NUMBERS) : Math.floor(random() * 1000)));
  return { counts, sum: random() < 0.1 ? pick(random, NUMBERS) : random() * 1e6 };
}

function randomMetric(random: Random): MetricSnapshot {
  const bounds = pick(random, BOUNDS);
  const kind = pick(random, KINDS);
  const points = Array.from({ length: Math.floor(random() * 6) }, (): Point => {
    const asHistogram = (kind === 'histogram') !== random() < 0.05;
    const value = asHistogram ? randomHistogram(random, bounds) : pick(random, NUMBERS);
    return { attributes: randomAttributes(random), startTime: 0, value };
  });
  return {
    metric: { name: pick(random, NAMES), kind, unit: pick(random, UNITS), help: pick(random, HELPS), bounds },
    scope: { name: pick(random, ['a', 'b', '', '"\n\\']) },
    points,
  };
}

export function randomSnapshot(random: Random): Snapshot {
  const metrics = Array.from({ length: 1 + Math.floor(random() * 12) }, () => randomMetric(random));
  return { time: 1e12, resource: randomAttributes(random), metrics };
}
