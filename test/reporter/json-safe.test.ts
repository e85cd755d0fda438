import test from 'ava';
import { jsonSafe, shortText } from '../../src/reporter/json-safe.ts';

test('plain values are copied as they are', (t) => {
  const value = { a: 1, b: 'x', c: [true, null, { d: -0.5 }], e: {}, 'f.g': [] };
  t.deepEqual(jsonSafe(value), value);
  t.not(jsonSafe(value), value);
  for (const plain of [null, true, 'text', 0]) t.is(jsonSafe(plain), plain);
});

test('what JSON cannot hold becomes null or text, or is left out', (t) => {
  const value = {
    nan: Number.NaN,
    inf: -1 / 0,
    big: 12n,
    un: undefined,
    fn: () => 1,
    sym: Symbol('s'),
    date: new Date(0),
  };
  t.deepEqual(jsonSafe(value), { nan: null, inf: null, big: '12', date: {} });
  t.deepEqual(jsonSafe([undefined, () => 1, 3]), [null, null, 3]);
  t.is(jsonSafe(undefined), null);
});

test('hostile values are copied without an error: cycles, getters, proxies, toJSON, prototypes', (t) => {
  const cycle: Record<string, unknown> = { name: 'cycle' };
  cycle.self = cycle;
  const hostile = {
    cycle,
    get bad() {
      throw new Error('getter');
    },
    proxy: new Proxy(
      {},
      {
        ownKeys() {
          throw new Error('keys');
        },
      },
    ),
    toJSON: () => {
      throw new Error('toJSON');
    },
    list: new Proxy([1], {
      get() {
        throw new Error('get');
      },
    }),
    ...JSON.parse('{"__proto__": {"polluted": true}}'),
  };
  const copy = jsonSafe(hostile) as Record<string, unknown>;
  t.notThrows(() => JSON.stringify(copy));
  t.is(copy.bad, null);
  t.is(copy.proxy, null);
  t.is(copy.list, null);
  t.is(({} as Record<string, unknown>).polluted, undefined);
  t.false('polluted' in copy);
});

test('size is bounded: long texts, wide and deep values, many small ones, huge keys', (t) => {
  const deep = () => {
    let value: unknown = 'bottom';
    for (let i = 0; i < 10_000; i++) value = { value };
    return value;
  };
  const wide = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`key${i}`, i]));
  const tree = (depth: number): unknown => (depth === 0 ? 'leaf' : Array.from({ length: 10 }, () => tree(depth - 1)));
  const values = [
    'x'.repeat(1e7),
    deep(),
    wide,
    tree(5),
    new Array(1e7),
    { ['k'.repeat(1e6)]: 1 },
    Array.from({ length: 100 }, () => 'x'.repeat(5000)),
    Array.from({ length: 300 }, () => '\u0000'.repeat(1000)),
  ];
  for (const value of values) {
    const text = JSON.stringify(jsonSafe(value));
    t.true(text.length < 200_000, String(text.length));
    t.notThrows(() => JSON.parse(text));
  }
});

test('a text is cut at a whole character', (t) => {
  t.is(shortText('abcdef', 6), 'abcdef');
  t.is(shortText('abcdefg', 6), 'abcde…');
  t.is(shortText('abc\u{1f600}xyz', 5), 'abc…');
  t.is(shortText('\ud800', 5), '\ud800');
  t.is(JSON.stringify(jsonSafe('\ud800')), '"\\ud800"');
});
