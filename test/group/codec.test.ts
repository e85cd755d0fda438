import test from 'ava';
import { decodeMetrics, decodeSnapshot, encodeMetrics, encodeSnapshot } from '../../src/group/codec.ts';
import { Held } from '../../src/group/held.ts';
import type { MetricSnapshot } from '../../src/snapshot/snapshot.ts';
import { AGE, histogram, LATENCY, one, REQUESTS, SCOPE, valuesOf } from './metrics.ts';

const EXPONENTIAL = { scale: 4, offset: -3, counts: Float64Array.of(1, 0, 5), zeroCount: 2, zeroThreshold: 1e-6 };
const METRICS: readonly MetricSnapshot[] = [
  one(REQUESTS, 2 ** 53 - 1, { 'http.route': '/é"\\\n\u2028', ok: true, code: 200 }),
  { ...one(AGE, 0.1 + 0.2), scope: { name: 's', version: '1' } },
  one(LATENCY, { counts: Float64Array.of(1, 2, 3), sum: 1e-300, exponential: EXPONENTIAL }),
];

test('metrics arrive as they left, typed arrays as lists', (t) => {
  const plain = JSON.parse(
    JSON.stringify(METRICS, (_key, value) => (value instanceof Float64Array ? [...value] : value)),
  );
  t.deepEqual(decodeMetrics(encodeMetrics(METRICS)), plain);
  t.deepEqual(decodeMetrics(encodeMetrics([])), []);
});

test('a snapshot arrives with its processes', (t) => {
  const inner = { time: 5, resource: { a: 'b' }, metrics: [one(REQUESTS, 1)] };
  const whole = { time: 6, resource: {}, metrics: [], processes: [inner] };
  t.deepEqual(decodeSnapshot(encodeSnapshot(whole)), whole);
  t.false('processes' in decodeSnapshot(encodeSnapshot(inner)));
});

test('a value that JSON cannot carry is left out alone', (t) => {
  const points = [Number.NaN, Number.POSITIVE_INFINITY, 4].map((value, i) => ({
    attributes: { i },
    startTime: 0,
    value,
  }));
  t.deepEqual(valuesOf(decodeMetrics(encodeMetrics([{ metric: AGE, scope: SCOPE, points }]))), { 'age i=2': 4 });
});

const LIES: Record<string, unknown> = {
  'no list': {},
  'no JSON': undefined,
  'no metric': [{ scope: SCOPE, points: [] }],
  'no scope': [{ metric: AGE, points: [] }],
  'no points': [{ metric: AGE, scope: SCOPE }],
  'another kind': [{ metric: { ...AGE, kind: 'summary' }, scope: SCOPE, points: [] }],
  'a name that is none': [{ metric: { ...AGE, name: 5 }, scope: SCOPE, points: [] }],
  'a long name': [{ metric: { ...AGE, name: 'x'.repeat(256) }, scope: SCOPE, points: [] }],
  'a unit that is none': [{ metric: { ...AGE, unit: {} }, scope: SCOPE, points: [] }],
  'bounds that fall': [{ metric: { ...LATENCY, bounds: [2, 1] }, scope: SCOPE, points: [] }],
  'a histogram without bounds': [{ metric: { name: 'x', kind: 'histogram' }, scope: SCOPE, points: [] }],
  'a gauge with bounds': [{ metric: { ...AGE, bounds: [1] }, scope: SCOPE, points: [] }],
  'attributes in attributes': [{ ...one(AGE, 1), points: [{ attributes: { a: {} }, startTime: 0, value: 1 }] }],
  'a list as attributes': [{ ...one(AGE, 1), points: [{ attributes: [], startTime: 0, value: 1 }] }],
  'no start': [{ ...one(AGE, 1), points: [{ attributes: {}, value: 1 }] }],
  'a text as value': [{ ...one(AGE, 1), points: [{ attributes: {}, startTime: 0, value: '1' }] }],
  'a counter below zero': [one(REQUESTS, -1)],
  'a number as histogram': [one(LATENCY, 5)],
  'too few counts': [one(LATENCY, histogram(1, 2))],
  'a negative count': [one(LATENCY, histogram(1, 2, -1))],
  'counts that are no numbers': [one(LATENCY, { counts: ['1', 2, 3] as never, sum: 1 })],
  'no sum': [one(LATENCY, { counts: [1, 2, 3] } as never)],
  'exponential buckets without offset': [
    one(LATENCY, { counts: [1, 2, 3], sum: 1, exponential: { ...EXPONENTIAL, offset: null, counts: [1] } as never }),
  ],
};

for (const [name, value] of Object.entries(LIES)) {
  test(`refused: ${name}`, (t) => {
    const bytes = Buffer.from(value === undefined ? '{]' : JSON.stringify(value));
    t.throws(() => decodeMetrics(bytes));
    const before = Held.of([one(AGE, 7)]);
    const held = Held.ofBytes(bytes, before);
    t.is(held.problem, undefined, 'nobody has looked');
    t.deepEqual(valuesOf(held.metrics), { age: 7 }, 'what was there before stays');
    t.is(typeof held.problem, 'string');
  });
}

test('a key named __proto__ is an attribute like any other', (t) => {
  const text =
    '[{"metric":{"name":"a","kind":"gauge"},"scope":{"name":"s"},"points":[{"attributes":{"__proto__":"x"},"startTime":0,"value":1}]}]';
  const [metric] = decodeMetrics(Buffer.from(text));
  t.deepEqual(Object.keys(metric!.points[0]!.attributes), ['__proto__']);
});
