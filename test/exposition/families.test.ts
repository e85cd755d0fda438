import test from 'ava';
import { render } from '../../src/exposition/text.ts';
import type { Metric } from '../../src/snapshot/metric.ts';
import type { MetricSnapshot } from '../../src/snapshot/snapshot.ts';
import { parseExposition } from './exposition.ts';
import { type Entry, FORMATS, of, samples, snapshotOf } from './showing.ts';

test('series that come out the same are added up, in and across metrics', (t) => {
  const first: Metric = { name: 'a.b', kind: 'counter' };
  const second: Metric = { name: 'a_b', kind: 'counter' };
  const metrics = [
    of(first, [
      [{ x: '1' }, 1],
      [{ x: 1 }, 2],
      [{ x: '1', y: '' }, 4],
    ]),
    of(second, [[{ x: '1' }, 8]], 'other'),
  ];
  t.deepEqual(samples(metrics), ['a_b_total{x="1"} 15']);
  const h: Metric = { name: 'h', kind: 'histogram', bounds: [1] };
  const twice = [
    of(h, [[{}, { counts: [1, 2], sum: 3 }]]),
    of({ ...h }, [[{}, { counts: Float64Array.of(10, 20), sum: 30 }]], 'b'),
  ];
  t.deepEqual(samples(twice), ['h_bucket{le="1.0"} 11', 'h_bucket{le="+Inf"} 33', 'h_sum 33', 'h_count 33']);
});

test('histograms with other bounds are never added up', (t) => {
  const metrics = [
    of({ name: 'h', kind: 'histogram', bounds: [1] }, [[{}, { counts: [1, 2], sum: 3 }]]),
    of({ name: 'h', kind: 'histogram', bounds: [2] }, [
      [{}, { counts: [1, 2], sum: 3 }],
      [{ a: 'b' }, { counts: [5, 0], sum: 3 }],
    ]),
  ];
  const { text, omissions } = render(snapshotOf(metrics), 'text');
  const [family] = parseExposition(text, 'text');
  t.is(family?.samples.length, 8);
  t.like(omissions, [{ metric: 'h', series: 1 }]);
});

test('gauges of several scopes stay apart only where they meet', (t) => {
  const metric: Metric = { name: 'g', kind: 'gauge' };
  const metrics = [
    of(metric, [
      [{ x: '1' }, 1],
      [{ x: '2' }, 2],
      [{ x: '2' }, 3],
    ]),
    of({ ...metric }, [[{ x: '1' }, 10]], 'other'),
  ];
  t.deepEqual(samples(metrics).sort(), [
    'g{otel_scope_name="other",x="1"} 10',
    'g{otel_scope_name="test",x="1"} 1',
    'g{x="2"} 3',
  ]);
});

test('the last gauge of one scope wins also when another scope came between', (t) => {
  const metric: Metric = { name: 'g', kind: 'gauge' };
  const metrics = [of(metric, [[{}, 1]]), of(metric, [[{}, 10]], 'other'), of(metric, [[{}, 2]])];
  t.deepEqual(samples(metrics).sort(), ['g{otel_scope_name="other"} 10', 'g{otel_scope_name="test"} 2']);
});

for (const [title, first, second] of [
  ['a histogram and a counter', { name: 'x', kind: 'histogram', bounds: [] }, { name: 'x', kind: 'counter' }],
  [
    'a histogram and a gauge that is its count',
    { name: 'x', kind: 'histogram', bounds: [] },
    { name: 'x.count', kind: 'gauge' },
  ],
  [
    'a gauge that is its count and a histogram',
    { name: 'x.count', kind: 'gauge' },
    { name: 'x', kind: 'histogram', bounds: [] },
  ],
  ['a gauge and an updown', { name: 'x.y', kind: 'gauge' }, { name: 'x_y', kind: 'updown' }],
  ['a gauge and a counter that becomes it', { name: 'x.total', kind: 'gauge' }, { name: 'x', kind: 'counter' }],
  ['units of one name', { name: 'a_x', kind: 'gauge', unit: 'foo' }, { name: 'a', kind: 'gauge', unit: 'x_foo' }],
] as [string, Metric, Metric][]) {
  test(`of two metrics with one name the first stays: ${title}`, (t) => {
    const value = (metric: Metric) => (metric.kind === 'histogram' ? { counts: [1], sum: 1 } : 1);
    const entries = (metric: Metric): Entry[] => [
      [{}, value(metric)],
      [{ a: 'b' }, value(metric)],
    ];
    const snapshot = snapshotOf([of(first, entries(first)), of(second, entries(second))]);
    for (const format of FORMATS) {
      const { text, omissions } = render(snapshot, format);
      const families = parseExposition(text, format);
      t.is(families.length, 1);
      t.like(omissions, [{ metric: second.name, series: 2 }]);
    }
  });
}

test('nobody takes the name of target_info', (t) => {
  const snapshot = snapshotOf([of({ name: 'target.info', kind: 'gauge' }, [[{}, 5]])], { a: 'b' });
  const { text, omissions } = render(snapshot, 'text');
  t.is(parseExposition(text, 'text')[0]?.samples[0]?.value, 1);
  t.is(omissions.length, 1);
});

test('a gauge may be any number, a counter may not', (t) => {
  const values: Entry[] = [Number.NaN, Infinity, -Infinity, -1, 1e21, 5e-324, -0, 0.1 + 0.2].map((n, i) => [{ i }, n]);
  const snapshot = snapshotOf([of({ name: 'g', kind: 'gauge' }, values), of({ name: 'c', kind: 'counter' }, values)]);
  const { text, omissions } = render(snapshot, 'openmetrics');
  parseExposition(text, 'openmetrics');
  t.deepEqual(
    [...text.matchAll(/^g\S* (.*)$/gm)].map(([, value]) => value),
    ['NaN', '+Inf', '-Inf', '-1', '1e+21', '5e-324', '0', '0.30000000000000004'],
  );
  t.is([...text.matchAll(/^c_total/gm)].length, 4);
  t.like(omissions, [{ metric: 'c', series: 4 }]);
});

test('what is kept from one snapshot to the next follows its series', (t) => {
  const metric: Metric = { name: 'a', kind: 'gauge' };
  const series = [{ x: '1' }, { x: '2' }, { x: '3' }];
  const shown = (places: readonly number[], ...others: MetricSnapshot[]) => {
    const entries = places.map((place): Entry => [series[place]!, place]);
    return samples([of(metric, entries), ...others]);
  };
  const [first, second, third] = ['a{x="1"} 0', 'a{x="2"} 1', 'a{x="3"} 2'];
  for (let i = 0; i < 2; i++) t.deepEqual(shown([0, 1]), [first, second]);
  t.deepEqual(shown([1]), [second]);
  t.deepEqual(shown([1, 0]), [second, first]);
  t.deepEqual(shown([0, 1, 2]), [first, second, third]);
  const met = ['a{otel_scope_name="other",x="1"} 8', 'a{otel_scope_name="test",x="1"} 0', second];
  t.deepEqual(shown([0, 1], of({ ...metric }, [[{ x: '1' }, 8]], 'other')).sort(), met);
  t.deepEqual(shown([0, 1]), [first, second]);
});

test('two attribute sets of one text are added up in every snapshot', (t) => {
  const metric: Metric = { name: 'a', kind: 'counter' };
  const [text, number] = [{ x: '1' }, { x: 1 }];
  for (const value of [1, 5]) {
    const entries: Entry[] = [
      [text, value],
      [number, 2],
    ];
    t.deepEqual(samples([of(metric, entries)]), [`a_total{x="1"} ${value + 2}`]);
  }
});

test('a value that a counter cannot have leaves the family for this snapshot alone', (t) => {
  const metric: Metric = { name: 'a', kind: 'counter' };
  const series = [{ x: '1' }, { x: '2' }];
  const shown = (...values: number[]) =>
    samples([
      of(
        metric,
        values.map((value, i): Entry => [series[i]!, value]),
      ),
    ]);
  t.deepEqual(shown(1, 2), ['a_total{x="1"} 1', 'a_total{x="2"} 2']);
  t.deepEqual(shown(-1, 2), ['a_total{x="2"} 2']);
  t.deepEqual(shown(1, 2), ['a_total{x="1"} 1', 'a_total{x="2"} 2']);
});
