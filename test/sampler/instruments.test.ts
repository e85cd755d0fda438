import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import test from 'ava';
import { Instruments } from '../../src/sampler/instruments.ts';
import { type Attributes, DURATION_BOUNDS } from '../../src/snapshot/metric.ts';
import { countOf, type HistogramPoint } from '../../src/snapshot/snapshot.ts';
import { StoreReader } from '../../src/store/reader.ts';
import { StoreWriter } from '../../src/store/writer.ts';
import { OVERFLOW, pointsOf, readingOf } from '../store/metrics.ts';

function setUp(bounds: Record<string, number[]> = {}) {
  const store = new StoreWriter();
  const warnings: string[] = [];
  const instruments = new Instruments(
    () => store,
    { name: 'app' },
    () => bounds,
    (line) => void warnings.push(line),
  );
  const reader = new StoreReader(store.buffer);
  const value = (name: string, attributes?: Attributes) => readingOf(reader.metrics(), name, attributes);
  return { instruments, reader, store, value, warnings };
}

test('Every kind is read back as it was recorded, with and without attributes', (t) => {
  const { instruments, value, reader } = setUp();
  const counter = instruments.counter('a.counter', { unit: '{x}', help: 'Xs.' });
  counter.add();
  counter.add(2.5);
  counter.add(0);
  counter.add(4, { k: 'v' });
  t.is(value('a.counter'), 3.5);
  t.is(value('a.counter', { k: 'v' }), 4);
  const updown = instruments.updown('a.updown');
  updown.add();
  updown.add(-5);
  updown.add(-1, { k: 1 });
  t.is(value('a.updown'), -4);
  t.is(value('a.updown', { k: 1 }), -1);
  const gauge = instruments.gauge('a.gauge');
  gauge.set(7);
  gauge.set(-7.5);
  gauge.set(0, { k: true });
  t.is(value('a.gauge'), -7.5);
  t.is(value('a.gauge', { k: true }), 0);
  const histogram = instruments.histogram('a.histogram', { bounds: [1, 2] });
  for (const v of [1, 1.5, 99, -3]) histogram.record(v);
  histogram.record(5, { k: 'v' });
  t.deepEqual(value('a.histogram'), { counts: Float64Array.of(2, 1, 1), sum: 98.5 });
  t.is(countOf(value('a.histogram', { k: 'v' }) as HistogramPoint), 1);
  t.deepEqual(pointsOf(reader.metrics(), 'a.counter').length, 2);
  t.like(reader.metrics()[0], { metric: { unit: '{x}', help: 'Xs.' }, scope: { name: 'app' } });
});

test('A bound instrument is the same series as its attributes, for every kind', (t) => {
  const { instruments, value } = setUp();
  const set = { b: 2, a: 'x' };
  const same = { a: 'x', b: 2 };
  instruments.counter('c').with(set).add();
  instruments.counter('c').add(2, same);
  instruments.updown('u').with(set).add(-1);
  instruments.updown('u').add(-2, same);
  instruments.gauge('g').with(set).set(1);
  instruments.gauge('g').with(same).set(5);
  instruments.histogram('h').with(set).record(1);
  instruments.histogram('h').record(2, same);
  t.deepEqual([value('c', set), value('u', set), value('g', set)], [3, -3, 5]);
  t.is((value('h', set) as HistogramPoint).sum, 3);
});

test('Attributes in every order, repeated, are one series', (t) => {
  const { instruments, reader } = setUp();
  const counter = instruments.counter('c');
  const entries = Object.entries({ a: 1, b: 'two', c: true, d: '' });
  for (let round = 0; round < 3; round++) {
    for (let turn = 0; turn < 24; turn++) {
      const order = entries.map((entry, i) => [((i + 1) * (turn + 5)) % 7, entry] as const).sort((x, y) => x[0] - y[0]);
      counter.add(1, Object.fromEntries(order.map(([, entry]) => entry)));
    }
  }
  const points = pointsOf(reader.metrics(), 'c');
  t.deepEqual(
    points.map(({ attributes, value }) => [attributes, value]),
    [[{ a: 1, b: 'two', c: true, d: '' }, 72]],
  );
});

test('What is no finite number is dropped, and a counter takes nothing negative', (t) => {
  const { instruments, reader } = setUp();
  const thrower = {
    valueOf: () => {
      throw new Error('valueOf');
    },
  };
  const bad: unknown[] = [
    Number.NaN,
    Infinity,
    -Infinity,
    '5',
    '',
    1n,
    null,
    true,
    {},
    [],
    [3],
    thrower,
    Symbol('x'),
    new Date(),
  ];
  const counter = instruments.counter('c');
  const updown = instruments.updown('u');
  const gauge = instruments.gauge('g');
  const histogram = instruments.histogram('h');
  const bound = [counter.with({}), updown.with({}), gauge.with({}), histogram.with({})] as const;
  for (const value of bad as number[]) {
    counter.add(value);
    updown.add(value);
    gauge.set(value);
    histogram.record(value);
    bound[0].add(value);
    bound[1].add(value);
    bound[2].set(value);
    bound[3].record(value);
  }
  counter.add(-1);
  bound[0].add(-0.001);
  const metrics = reader.metrics();
  t.is(readingOf(metrics, 'c'), 0);
  t.is(readingOf(metrics, 'u'), 0);
  t.deepEqual(pointsOf(metrics, 'g'), []);
  t.is(countOf(readingOf(metrics, 'h') as HistogramPoint), 0);
  t.is((readingOf(metrics, 'h') as HistogramPoint).sum, 0);
});

test('A number in text was once joined to the total: 5 and "5" and "5" made 555', (t) => {
  const { instruments, value } = setUp();
  const counter = instruments.counter('c');
  for (const added of [5, '5', '5'] as number[]) counter.add(added);
  t.is(value('c'), 5);
});

test('Hostile attributes lose no count, throw nothing, and keep nothing alive', (t) => {
  const { instruments, reader } = setUp();
  const counter = instruments.counter('c');
  const trap = () => {
    throw new Error('trap');
  };
  const hostile: unknown[] = [
    null,
    {},
    'text',
    7,
    Object.create(null),
    {
      get a() {
        return trap();
      },
    },
    new Proxy({}, { ownKeys: trap }),
    new Proxy({ a: 1 }, { get: trap }),
    { a: {}, b: [], c: null, d: undefined, e: () => 1, f: Symbol('f'), g: 1n, h: Number.NaN, i: Infinity },
    { [Symbol('key')]: 'x' },
    { '': 'empty key' },
    Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`key${i}`, i])),
    { long: 'x'.repeat(1_000_000), ['k'.repeat(1_000_000)]: 1 },
    JSON.parse('{"__proto__":"own","constructor":"c","toString":"t"}'),
    { a: '\ud800', b: '\0\n"\\' },
    new (class {
      own = 1;
      method() {}
    })(),
    new Date(),
    [1, 2],
  ];
  for (let round = 0; round < 3; round++) {
    for (const attributes of hostile) {
      t.notThrows(() => counter.add(1, attributes as Attributes));
      t.notThrows(() => counter.with(attributes as Attributes).add(1));
    }
  }
  const points = pointsOf(reader.metrics(), 'c');
  t.is(
    points.reduce((sum, { value }) => sum + (value as number), 0),
    hostile.length * 6,
  );
  t.is(readingOf(reader.metrics(), 'c', OVERFLOW), 3 * 6);
  for (const { attributes } of points) {
    const entries = Object.entries(attributes);
    t.true(entries.length <= 64 && entries.every(([key, value]) => key.length <= 1024 && String(value).length <= 1024));
  }
  t.true(points.some(({ attributes }) => Object.hasOwn(attributes, '__proto__')));
});

test('A getter that changes its answer was once remembered under the wrong series', (t) => {
  const { instruments, value } = setUp();
  const counter = instruments.counter('c');
  let reads = 0;
  const changing = {
    get k() {
      return `v${++reads}`;
    },
  };
  for (let i = 0; i < 50; i++) counter.add(1, changing);
  for (let i = 1; i <= reads; i++) counter.with({ k: `v${i}` });
  const before = new Map(Array.from({ length: reads }, (_, i) => [i + 1, value('c', { k: `v${i + 1}` }) as number]));
  for (let i = 1; i <= reads; i++) counter.add(1000, { k: `v${i}` });
  for (const [i, count] of before) t.is(value('c', { k: `v${i}` }), count + 1000);
});

test('10,000 attribute sets stay within the limit of series, the total is exact and memory is bounded', (t) => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const { instruments, reader, store } = setUp();
  const counter = instruments.counter('c');
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 10_000; i++) counter.add(1, { user: `user-${i}`, path: `/some/path/${i}` });
  }
  collect();
  const grown = process.memoryUsage().heapUsed - before;
  const points = pointsOf(reader.metrics(), 'c');
  t.is(points.length, store.seriesLimit);
  t.is(
    points.reduce((sum, { value }) => sum + (value as number), 0),
    30_000,
  );
  t.is(readingOf(reader.metrics(), 'c', OVERFLOW), 3 * (10_000 - 1999));
  t.is(reader.header('overflowed'), 3 * (10_000 - 1999));
  t.true(grown < 8e6, `${grown} bytes for 10,000 sets`);
});

test('The same name as another kind is a no-op, with one warning however often it is asked for', (t) => {
  const { instruments, value, warnings } = setUp();
  instruments.counter('taken').add(3);
  for (let i = 0; i < 100; i++) {
    instruments.gauge('taken').set(99);
    instruments.updown('taken').with({ a: 1 }).add(-9);
    instruments.histogram('taken').record(1, { a: 1 });
  }
  t.is(value('taken'), 3);
  t.deepEqual(
    warnings.map((line) => /^metric taken is counter already, so what is recorded in it as (\w+)/.exec(line)?.[1]),
    ['gauge', 'updown', 'histogram'],
  );
  t.is(instruments.counter('taken'), instruments.counter('taken'));
});

test('A name that is none, and bounds that are none, give a no-op and one line each, and throw nothing', (t) => {
  const { instruments, reader, warnings } = setUp();
  const trap = {
    toString() {
      throw new Error('toString');
    },
  };
  const names: unknown[] = ['', 'x'.repeat(256), undefined, null, 5, Symbol('s'), {}, trap, Object.create(null)];
  for (const name of names as string[]) {
    for (let i = 0; i < 3; i++) instruments.counter(name).add(1);
  }
  t.true(warnings.length >= 5 && warnings.length <= names.length, warnings.join('\n'));
  warnings.length = 0;
  const bounds: unknown[] = [
    [],
    [1, 1],
    [2, 1],
    [Number.NaN],
    [1, Infinity],
    ['1'],
    'no',
    7,
    {},
    new Array(65).fill(0).map((_, i) => i),
  ];
  for (const [i, bad] of bounds.entries()) instruments.histogram(`bad.${i}`, { bounds: bad as number[] }).record(1);
  t.is(warnings.length, bounds.length);
  t.deepEqual(reader.metrics(), []);
  t.notThrows(() => instruments.histogram('good', { bounds: Array.from({ length: 64 }, (_, i) => i) }).record(63));
  instruments.counter('x'.repeat(255)).add(1);
  t.is(reader.metrics().length, 2);
});

test('Options that throw or are no options give an instrument or a no-op, never an error', (t) => {
  const { instruments, warnings } = setUp();
  const options: unknown[] = [
    null,
    5,
    'x',
    { unit: 7, help: {} },
    {
      get bounds() {
        throw new Error('bounds');
      },
    },
  ];
  for (const [i, value] of options.entries()) {
    t.notThrows(() => instruments.histogram(`h${i}`, value as object).record(1));
  }
  t.is(warnings.length, 1);
  t.true(warnings[0]!.includes('h4'), warnings[0]);
});

test('Bounds of the user win over those of the code, also for a metric named like a member of every object', (t) => {
  const { instruments, value } = setUp({ mine: [5] });
  instruments.histogram('mine', { bounds: [1, 2, 3] }).record(4);
  t.deepEqual((value('mine') as HistogramPoint).counts, Float64Array.of(1, 0));
  instruments.histogram('constructor').record(1);
  t.is((value('constructor') as HistogramPoint).counts.length, DURATION_BOUNDS.length + 1);
});

test('A metric of loadline itself cannot be taken', (t) => {
  const { instruments, store, reader, warnings } = setUp();
  const own = store.metric({ name: 'process.uptime', kind: 'gauge' }, { name: 'loadline' });
  store.cells[own.series({})] = 5;
  instruments.gauge('process.uptime').set(1e9);
  t.is(readingOf(reader.metrics(), 'process.uptime'), 5);
  t.is(warnings.length, 1);
});
