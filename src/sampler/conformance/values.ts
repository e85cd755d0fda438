/** Checks of what a collector takes and shows (SPEC.md §3, §5.5 to §5.7). */
import type { Attributes, HistogramValue, Metric } from '../../snapshot/metric.ts';
import type { HistogramPoint } from '../../snapshot/snapshot.ts';
import { COUNTER, type CollectorCheck, check, GAUGE, HISTOGRAM, type Lab, METRICS, UPDOWN } from './lab.ts';

const { structuredClone } = globalThis;

type Put = readonly [metric: unknown, value: unknown, attributes?: unknown];

const REST: Attributes = { 'otel.metric.overflow': true };
const BUDGET = 2000;

const throwing = (): object =>
  new Proxy(
    {},
    {
      get() {
        throw new Error('get');
      },
      ownKeys() {
        throw new Error('keys');
      },
    },
  );
const histogram = (counts: unknown, ...sum: unknown[]): Put => [
  HISTOGRAM,
  { counts, sum: sum.length === 0 ? 1 : sum[0] },
];
const many = (count: number): Attributes => Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, i]));

/** name of the case → puts that are to be refused. */
const REFUSED: Readonly<Record<string, readonly Put[]>> = {
  'numbers-that-are-none': [
    [COUNTER, Number.NaN],
    [GAUGE, Number.POSITIVE_INFINITY],
    [UPDOWN, Number.NEGATIVE_INFINITY],
    [COUNTER, '5'],
    [GAUGE, null],
    [GAUGE, undefined],
    [GAUGE, 5n],
    [GAUGE, { counts: [], sum: 0 }],
  ],
  'negative-counters': [[COUNTER, -1]],
  'misshapen-histograms': [
    histogram([1, 2]),
    histogram([1, 2, 3, 4]),
    histogram('abc'),
    histogram(null),
    [HISTOGRAM, 5],
    [HISTOGRAM, null],
  ],
  'bad-bucket-counts': [histogram([1, -1, 1]), histogram([1, Number.NaN, 1]), histogram([1, 0.5, 1])],
  'bad-sums': [histogram([1, 1, 1], Number.NaN), histogram([1, 1, 1], '3'), histogram([1, 1, 1], undefined)],
  'bad-names': ['', 'x'.repeat(256), 'a\nb', '1a', 7, undefined].map((name): Put => [{ name, kind: 'gauge' }, 1]),
  'bad-kinds': ['summary', undefined, 7, 'toString'].map((kind): Put => [{ name: 'lab.kind', kind }, 1]),
  'bad-units': [[{ name: 'lab.unit', kind: 'gauge', unit: 7 }, 1]],
  'bad-bounds': [[2, 1], [1, 1], [Number.NaN], ['1'], undefined, 5].map(
    (bounds): Put => [
      { name: 'lab.bounds', kind: 'histogram', bounds },
      { counts: [1, 1, 1], sum: 1 },
    ],
  ),
  'bad-attributes': [
    [GAUGE, 1, null],
    [GAUGE, 1, 'text'],
    [GAUGE, 1, { a: null }],
    [GAUGE, 1, { a: {} }],
    [GAUGE, 1, { a: Number.NaN }],
    [GAUGE, 1, { a: 'x'.repeat(1025) }],
    [GAUGE, 1, { '': 1 }],
    [GAUGE, 1, { ['k'.repeat(256)]: 1 }],
  ],
  'too-many-attributes': [[GAUGE, 1, many(65)]],
  'what-throws': [
    [null, 1],
    [throwing(), 1],
    [HISTOGRAM, throwing()],
    [GAUGE, 1, throwing()],
  ],
};

/** Every bad put comes between two good ones; only these may be shown. */
function refuses([name, puts]: readonly [string, readonly Put[]]): CollectorCheck {
  return check('5.5', `refuses-${name}`, async (lab) => {
    for (const [i, bad] of puts.entries()) {
      lab.add(`case ${i}`, ({ put }) => {
        put({ name: 'lab.before', kind: 'gauge' }, 1);
        (put as (...bad: unknown[]) => void)(...bad);
        put({ name: 'lab.after', kind: 'gauge' }, 2);
      });
    }
    const result = await lab.round();
    for (const i of puts.keys()) {
      const shown = result.filter((snapshot) => snapshot.scope.name === `case ${i}`);
      const names = shown.map((snapshot) => snapshot.metric.name).join();
      if (names !== 'lab.before,lab.after') return `put number ${i + 1} led to the metrics ${names || 'none'}`;
    }
    return undefined;
  });
}

/** The second metric is put by the same sampler, and by another. */
function conflict(name: string, first: Metric, second: Metric, value: number | HistogramValue): CollectorCheck {
  return check('5.5', `first-${name}-wins`, async (lab) => {
    lab.add('one', (sink) => {
      sink.put(first, first.kind === 'histogram' ? { counts: [1, 1, 1], sum: 1 } : 1);
      sink.put(second, value, { second: true });
    });
    lab.add('two', (sink) => sink.put(second, value));
    await lab.rounds(2);
    if (lab.points('one', first).length !== 1) return 'the first metric, and nothing else, should be shown';
    return lab.points('two', second).length > 0 && 'another sampler used the name for another metric';
  });
}

/** Puts the values of one series, one a round, and gives the start times seen. */
async function startTimes(lab: Lab, metric: Metric, values: readonly (number | HistogramValue)[]): Promise<number[]> {
  lab.add('series', (sink, _context, call) => sink.put(metric, values[call - 1]!));
  const times: number[] = [];
  for (const _ of values) {
    await lab.round();
    times.push(lab.point('series', metric)?.startTime ?? Number.NaN);
  }
  return times;
}

function resets(name: string, metric: Metric, values: readonly (number | HistogramValue)[], expected: boolean) {
  return check('5.5', name, async (lab) => {
    const [first, second, third] = await startTimes(lab, metric, values);
    if (first !== second) return 'the start time changed without a fall';
    const changed = third! > second!;
    return changed !== expected && `the start time ${changed ? 'changed' : 'did not change'}`;
  });
}

const counts = (...counts: number[]): HistogramValue => ({ counts, sum: 1 });

/** The sum of all values of a metric of scope `wide`. */
function total(lab: Lab, metric: Metric): number {
  return lab
    .points('wide', metric)
    .reduce((sum, { value }) => sum + (typeof value === 'number' ? value : value.sum), 0);
}

function wide(lab: Lab, metric: Metric, value: (i: number, call: number) => number | HistogramValue): void {
  lab.add('wide', (sink, _context, call) => {
    for (let i = 0; i < BUDGET + 500; i++) sink.put(metric, value(i, call), { i });
  });
}

function budget(metric: Metric, value: (call: number) => number | HistogramValue): CollectorCheck {
  return check('5.6', `budget-of-a-${metric.kind}`, async (lab) => {
    wide(lab, metric, (_i, call) => value(call));
    for (let call = 1; call <= 2; call++) {
      await lab.round();
      const shown = lab.points('wide', metric).length;
      if (shown < 1 || shown > BUDGET + 1) return `${shown} series of a budget of ${BUDGET}`;
      if (lab.point('wide', metric, REST) === undefined) return 'there is no overflow series';
      const expected = call * (BUDGET + 500);
      if (total(lab, metric) !== expected) return `the total is ${total(lab, metric)} instead of ${expected}`;
    }
    return undefined;
  });
}

export const VALUES: readonly CollectorCheck[] = [
  ...Object.entries(REFUSED).map(refuses),
  conflict('kind', COUNTER, { ...COUNTER, kind: 'gauge' }, 1),
  conflict('unit', COUNTER, { ...COUNTER, unit: 's' }, 1),
  conflict('bounds', HISTOGRAM, { ...HISTOGRAM, bounds: [1, 3] }, { counts: [1, 1, 1], sum: 1 }),
  check('3.2', 'shows-every-kind', async (lab) => {
    lab.add('kinds', (sink) => {
      sink.put(COUNTER, 1);
      sink.put(UPDOWN, -2);
      sink.put(GAUGE, 0.5);
      sink.put(HISTOGRAM, { counts: new Float64Array([1, 2, 3]), sum: -4 });
    });
    await lab.round();
    const numbers = [COUNTER, UPDOWN, GAUGE].map((metric) => lab.value('kinds', metric)).join();
    if (numbers !== '1,-2,0.5') return `expected 1,-2,0.5, got ${numbers}`;
    const shown = lab.value('kinds', HISTOGRAM) as HistogramPoint | undefined;
    return (Array.from(shown?.counts ?? []).join() !== '1,2,3' || shown?.sum !== -4) && 'the histogram is another';
  }),
  check('3.3', 'same-attributes-same-series', async (lab) => {
    const sets: Attributes[] = [
      { a: 1, b: true },
      { b: 'true', a: '1' },
      { a: '1', b: true },
    ];
    lab.add('same', (sink, _context, call) => sink.put(COUNTER, call, sets[call - 1]!));
    await lab.rounds(3);
    const points = lab.points('same', COUNTER);
    return (points.length !== 1 || points[0]!.value !== 3) && `${points.length} series instead of one`;
  }),
  check('3.5', 'start-time', async (lab) => {
    lab.add('own', (sink) => sink.put(COUNTER, 1), { startTime: 1_000_000_000_000 });
    lab.add('none', (sink) => sink.put(COUNTER, 1));
    for (const startTime of [Number.NaN, '5', -1, Date.now() * 2]) {
      lab.add('bad', (sink) => sink.put({ ...COUNTER, name: `lab.${typeof startTime}` }, 1), { startTime });
    }
    await lab.round();
    if (lab.point('own', COUNTER)?.startTime !== 1_000_000_000_000) return 'the startTime of the sampler is not used';
    const usual = lab.point('none', COUNTER)?.startTime;
    if (!Number.isFinite(usual) || usual! > Date.now()) return 'the default is no time in the past';
    const bad = ['lab.number', 'lab.string'].flatMap((name) => lab.points('bad', { ...COUNTER, name }));
    return bad.some((point) => point.startTime !== usual) && 'a bad startTime was used';
  }),
  check('5.1', 'result-can-be-cloned', async (lab) => {
    lab.add('plain', (sink) => sink.put(HISTOGRAM, { counts: [1, 1, 1], sum: 1 }, { a: 1 }));
    const result = structuredClone(await lab.round());
    return result.length === 0 && 'the result is empty';
  }),
  check('5.5', 'refuses-a-second-put', async (lab) => {
    lab.add('twice', (sink, _context, call) => {
      sink.put(COUNTER, call);
      sink.put(COUNTER, call + 10);
    });
    await lab.rounds(2);
    return lab.value('twice', COUNTER) !== 2 && `expected 2, got ${lab.value('twice', COUNTER)}`;
  }),
  check('5.5', 'copies', async (lab) => {
    const value = { counts: [1, 1, 1], sum: 1 };
    const attributes = { a: 1 };
    lab.add('reuser', (sink) => {
      sink.put(HISTOGRAM, value, attributes);
      value.counts[0] = 99;
      attributes.a = 2;
    });
    await lab.round();
    const shown = lab.value('reuser', HISTOGRAM, { a: 1 }) as HistogramPoint | undefined;
    return shown?.counts[0] !== 1 && 'what was changed after put is shown';
  }),
  resets('falling-counter-is-a-reset', COUNTER, [5, 6, 1], true),
  resets('falling-bucket-is-a-reset', HISTOGRAM, [counts(5, 0, 0), counts(5, 1, 0), counts(4, 9, 9)], true),
  resets('falling-updown-is-no-reset', UPDOWN, [5, 6, 1], false),
  budget(METRICS.counter, (call) => call),
  budget(METRICS.updown, (call) => call),
  budget(METRICS.histogram, (call) => ({ counts: [0, call, 0], sum: call })),
  check('5.6', 'budget-of-a-gauge', async (lab) => {
    wide(lab, GAUGE, () => 1);
    await lab.round();
    if (lab.point('wide', GAUGE, REST) !== undefined) return 'one gauge stands for many';
    return (
      lab.points('wide', GAUGE).length !== BUDGET && `${lab.points('wide', GAUGE).length} series instead of ${BUDGET}`
    );
  }),
  check('5.6', 'overflow-does-not-fall', async (lab) => {
    lab.add('wide', (sink, _context, call) => {
      const count = call === 2 ? BUDGET + 100 : BUDGET + 500;
      for (let i = 0; i < count; i++) sink.put(COUNTER, 1, { i });
    });
    const seen: unknown[] = [];
    for (let i = 0; i < 3; i++) {
      await lab.round();
      seen.push(lab.value('wide', COUNTER, REST));
    }
    return seen.join() !== '500,500,500' && `expected 500,500,500, got ${seen.join()}`;
  }),
  check('5.7', 'forgets-after-ten-rounds', async (lab) => {
    lab.add('fading', (sink, _context, call) => call === 1 && sink.put(COUNTER, 1));
    await lab.rounds(10);
    if (lab.value('fading', COUNTER) !== 1) return 'it was forgotten too early';
    await lab.rounds(1);
    return lab.value('fading', COUNTER) !== undefined && 'it is still shown after 10 rounds without it';
  }),
];
