import test from 'ava';
import { canonicalFloat, type Format, render } from '../../adapters/prometheus-text.ts';
import type { Attributes, Metric } from '../../src/snapshot/metric.ts';
import type { MetricSnapshot, Point, Snapshot } from '../../src/snapshot/snapshot.ts';
import { parseExposition, seriesOf } from './exposition.ts';
import { randomSnapshot, seededRandom } from './random-snapshot.ts';

const FORMATS: readonly Format[] = ['text', 'openmetrics'];

type Entry = readonly [attributes: Attributes, value: Point['value']];

function of(metric: Metric, points: readonly Entry[], scope = 'test'): MetricSnapshot {
  return {
    metric,
    scope: { name: scope },
    points: points.map(([attributes, value]) => ({ attributes, startTime: 0, value })),
  };
}

function snapshotOf(metrics: readonly MetricSnapshot[], resource: Attributes = {}): Snapshot {
  return { time: 1, resource, metrics };
}

/** Renders and checks that the strict reader agrees. */
function show(metrics: readonly MetricSnapshot[], format: Format = 'text', resource: Attributes = {}): string {
  const { text } = render(snapshotOf(metrics, resource), format);
  parseExposition(text, format);
  return text;
}

/** The sample lines alone. */
function samples(metrics: readonly MetricSnapshot[], format: Format = 'text'): string[] {
  return show(metrics, format)
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
}

const nameOf = (metric: Metric): string => samples([of(metric, [[{}, 1]])])[0]!.split(' ')[0]!;

test('the text format is exactly this', (t) => {
  const text = show(
    [
      of({ name: 'app.requests', kind: 'counter', unit: '{request}', help: 'Say "hi"\\\nthere' }, [[{ code: 200 }, 3]]),
      of({ name: 'app.open', kind: 'updown', help: 'Open' }, [[{}, -2]]),
      of({ name: 'app.wait', kind: 'histogram', unit: 's', help: 'Wait', bounds: [0.5, 1] }, [
        [{ a: 'x' }, { counts: [1, 2, 3], sum: 7.5 }],
      ]),
    ],
    'text',
    { 'service.name': 'shop' },
  );
  t.is(
    text,
    `# HELP target_info Target metadata
# TYPE target_info gauge
target_info{service_name="shop"} 1
# HELP app_requests_total Say "hi"\\\\\\nthere
# TYPE app_requests_total counter
app_requests_total{code="200"} 3
# HELP app_open Open
# TYPE app_open gauge
app_open -2
# HELP app_wait_seconds Wait
# TYPE app_wait_seconds histogram
app_wait_seconds_bucket{a="x",le="0.5"} 1
app_wait_seconds_bucket{a="x",le="1.0"} 3
app_wait_seconds_bucket{a="x",le="+Inf"} 6
app_wait_seconds_sum{a="x"} 7.5
app_wait_seconds_count{a="x"} 6
`,
  );
});

test('OpenMetrics is exactly this', (t) => {
  const text = show(
    [
      of({ name: 'app.time', kind: 'counter', unit: 's', help: 'Say "hi"\n' }, [[{}, 3]]),
      of({ name: 'app.size', kind: 'histogram', unit: 'By', bounds: [1e6] }, [[{}, { counts: [1, 0], sum: 5 }]]),
    ],
    'openmetrics',
    { 'service.name': 'shop' },
  );
  t.is(
    text,
    `# TYPE target info
# HELP target Target metadata
target_info{service_name="shop"} 1
# TYPE app_time_seconds counter
# UNIT app_time_seconds seconds
# HELP app_time_seconds Say \\"hi\\"\\n
app_time_seconds_total 3
# TYPE app_size_bytes histogram
# UNIT app_size_bytes bytes
app_size_bytes_bucket{le="1e+06"} 1
app_size_bytes_bucket{le="+Inf"} 1
app_size_bytes_sum 5
app_size_bytes_count 1
# EOF
`,
  );
});

test('an empty snapshot is valid in both formats', (t) => {
  t.is(show([]), '');
  t.is(show([], 'openmetrics'), '# EOF\n');
  t.is(show([of({ name: 'a', kind: 'gauge' }, [])]), '');
});

test('names get their unit and _total once', (t) => {
  const gauge = (name: string, unit?: string) => nameOf({ name, kind: 'gauge', unit });
  const counter = (name: string, unit?: string) => nameOf({ name, kind: 'counter', unit });
  t.is(gauge('a.b', 's'), 'a_b_seconds');
  t.is(gauge('a.b', 'ms'), 'a_b_milliseconds');
  t.is(gauge('a.seconds', 's'), 'a_seconds');
  t.is(gauge('microseconds', 's'), 'microseconds_seconds');
  t.is(gauge('seconds', 's'), 'seconds');
  t.is(gauge('a', 'By'), 'a_bytes');
  t.is(gauge('a', 'By/s'), 'a_bytes_per_second');
  t.is(gauge('a', '{packet}/s'), 'a_per_second');
  t.is(gauge('a', '%'), 'a_percent');
  t.is(gauge('a', '1'), 'a_ratio');
  t.is(nameOf({ name: 'a', kind: 'updown', unit: '1' }), 'a');
  t.is(gauge('a', '{request}'), 'a');
  t.is(gauge('a', 'widgets'), 'a_widgets');
  t.is(gauge('a', '😀'), 'a');
  t.is(counter('a', '1'), 'a_total');
  t.is(counter('a.total', 's'), 'a_seconds_total');
  t.is(counter('a_seconds_total', 's'), 'a_seconds_total');
  t.is(counter('total'), 'total_total');
  t.is(counter('.total'), '_total_total');
});

test('names become valid', (t) => {
  const gauge = (name: string) => nameOf({ name, kind: 'gauge' });
  t.is(gauge('a..b--c'), 'a_b_c');
  t.is(gauge('1st'), '_1st');
  t.is(gauge('😀'), '_');
  t.is(gauge(''), '_');
  t.is(gauge('__name__'), '_name');
  t.is(gauge('a:b'), 'a_b');
  t.is(gauge('x'.repeat(255)), 'x'.repeat(255));
  t.is(nameOf({ name: '😀', kind: 'gauge', unit: 's' }), '_seconds');
});

test('attributes that become one label are joined in the order of their keys', (t) => {
  const metric: Metric = { name: 'a', kind: 'gauge' };
  t.deepEqual(samples([of(metric, [[{ 'x.y': '2', x_y: '3', 'x-y': '1' }, 1]])]), ['a{x_y="1;2;3"} 1']);
});

test('labels are sorted, escaped and never reserved', (t) => {
  const metric: Metric = { name: 'a', kind: 'gauge' };
  const line = (attributes: Attributes) => samples([of(metric, [[attributes, 1]])])[0];
  t.is(line({ b: 'x"y', a: 'c\\d\ne' }), 'a{a="c\\\\d\\ne",b="x\\"y"} 1');
  t.is(line({ __name__: 'x' }), 'a{_name_="x"} 1');
  t.is(line({ '': 'x' }), 'a{_="x"} 1');
  t.is(line({ '2xx': true }), 'a{key_2xx="true"} 1');
  t.is(line({ a: '' }), 'a 1');
  t.is(line({ a: '\0\ud800x\udc00😀' }), 'a{a="\ufffd\ufffdx\ufffd😀"} 1');
  t.is(line({ le: '1', quantile: 'x' }), 'a{le="1",quantile="x"} 1');
});

test('an attribute le does not meet the le of the buckets', (t) => {
  const metric: Metric = { name: 'a', kind: 'histogram', bounds: [] };
  const lines = samples([
    of(metric, [
      [
        { le: '5', exported_le: 'x' },
        { counts: [1], sum: 1 },
      ],
    ]),
  ]);
  t.is(lines[0], 'a_bucket{exported_le="x;5",le="+Inf"} 1');
});

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

test('a sum below zero is shown in text and left out of OpenMetrics', (t) => {
  const metrics = [of({ name: 'h', kind: 'histogram', bounds: [0] }, [[{}, { counts: [1, 0], sum: -1 }]])];
  t.is(samples(metrics, 'text').length, 4);
  t.is(samples(metrics, 'openmetrics').length, 2);
});

test('bounds are written as OpenMetrics writes them', (t) => {
  const golden: [number, string][] = [
    [0, '0.0'],
    [-0, '0.0'],
    [1, '1.0'],
    [-2.5, '-2.5'],
    [0.005, '0.005'],
    [0.0001, '0.0001'],
    [0.00001, '1e-05'],
    [0.000025, '2.5e-05'],
    [100000, '100000.0'],
    [1e6, '1e+06'],
    [1048576, '1.048576e+06'],
    [1e100, '1e+100'],
    [5e-324, '5e-324'],
  ];
  for (const [value, text] of golden) t.is(canonicalFloat(value), text);
});

test('a second rendering of the same snapshot is the same text', (t) => {
  const snapshot = randomSnapshot(seededRandom(7));
  for (const format of FORMATS) t.deepEqual(render(snapshot, format), render(snapshot, format));
});

test('whatever a snapshot holds, both formats are valid and show the same series', (t) => {
  const start = Number(process.env.LOADLINE_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
  for (let seed = start; seed < start + 1500; seed++) {
    try {
      const snapshot = randomSnapshot(seededRandom(seed));
      const points = snapshot.metrics.reduce((n, { points }) => n + points.length, 0);
      const [text, openmetrics] = FORMATS.map((format) => render(snapshot, format));
      const left = seriesOf(parseExposition(text!.text, 'text'));
      const right = seriesOf(parseExposition(openmetrics!.text, 'openmetrics'));
      const withoutTotals = (all: string[]) => all.filter((one) => !/^\["[^"]*_(sum|count)"/.test(one));
      t.deepEqual(withoutTotals(left), withoutTotals(right));
      t.deepEqual(text!.omissions, openmetrics!.omissions);
      t.true(text!.omissions.reduce((n, { series }) => n + series, 0) <= points);
    } catch (error) {
      throw new Error(`seed ${seed} (LOADLINE_TEST_SEED=${seed})`, { cause: error });
    }
  }
});

test('counters that are not left out keep their total through every merge', (t) => {
  for (let seed = 1; seed <= 200; seed++) {
    const random = seededRandom(seed);
    const metrics = randomSnapshot(random).metrics.map((one) => ({
      ...one,
      metric: { ...one.metric, kind: 'counter' as const },
      points: one.points.map((point) => ({ ...point, value: Math.floor(random() * 1e6) })),
    }));
    const snapshot = snapshotOf(metrics);
    const { text, omissions } = render(snapshot, 'text');
    if (omissions.length > 0) continue;
    const total = metrics.flatMap(({ points }) => points).reduce((sum, { value }) => sum + value, 0);
    const shown = parseExposition(text, 'text').flatMap(({ samples }) => samples);
    t.is(
      shown.reduce((sum, { value }) => sum + value, 0),
      total,
      `seed ${seed}`,
    );
  }
});

test('ten thousand histogram series render within a second', (t) => {
  const metric: Metric = { name: 'h', kind: 'histogram', unit: 's', bounds: [0.005, 0.01, 0.1, 1, 10] };
  const points = Array.from(
    { length: 10_000 },
    (_, i): Entry => [{ route: `/r/${i}` }, { counts: [i, 1, 2, 3, 4, 5], sum: i }],
  );
  const snapshot = snapshotOf([of(metric, points)]);
  render(snapshot, 'text');
  const start = performance.now();
  const { text } = render(snapshot, 'text');
  t.true(performance.now() - start < 1000);
  t.is(text.split('\n').length - 1, 2 - 1 + 10_000 * 8);
});
