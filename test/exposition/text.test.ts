import test from 'ava';
import { canonicalFloat, render, renderBytes } from '../../src/exposition/text.ts';
import type { Metric } from '../../src/snapshot/metric.ts';
import { parseExposition, seriesOf } from './exposition.ts';
import { randomSnapshot, seededRandom } from './random-snapshot.ts';
import { type Entry, FORMATS, of, samples, show, snapshotOf } from './showing.ts';

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

test('the bytes are the text in UTF-8', (t) => {
  for (let seed = 0; seed < 50; seed++) {
    const snapshot = randomSnapshot(seededRandom(seed));
    for (const format of FORMATS) {
      const { text, omissions } = render(snapshot, format);
      t.deepEqual(renderBytes(snapshot, format), { body: Buffer.from(text), omissions });
    }
  }
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
