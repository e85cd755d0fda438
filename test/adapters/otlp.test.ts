import test from 'ava';
import { attributesKey, DURATION_BOUNDS, type MetricKind } from '../../src/snapshot/metric.ts';
import type { MetricSnapshot, Point, Snapshot } from '../../src/snapshot/snapshot.ts';
import { randomSnapshot, seededRandom } from '../exposition/random-snapshot.ts';
import { type OtlpReceiver, startReceiver } from '../support/otlp-receiver.ts';
import { freePort } from '../support/ports.ts';
import { openDestination } from './otlp-destination.ts';

const START = 1_800_000_000_000;
const scope = { name: 'shop', version: '1.2.3' };
const PROTOCOLS = ['http/protobuf', 'http/json', 'grpc'] as const;
type Protocol = (typeof PROTOCOLS)[number];

const environmentOf = (protocol: Protocol, url: string) => ({
  OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
  OTEL_EXPORTER_OTLP_ENDPOINT: url,
});

function snapshotOf(metrics: readonly MetricSnapshot[], time = START + 60_000): Snapshot {
  return {
    time,
    resource: { 'service.name': 'shop', 'process.pid': 42, 'telemetry.distro.version': '0.1.0' },
    metrics,
  };
}

function one(name: string, kind: MetricKind, value: Point['value'], startTime = START): MetricSnapshot {
  const bounds = kind === 'histogram' ? DURATION_BOUNDS : undefined;
  const metric = { name, kind, unit: 's', help: `help of ${name}`, bounds };
  return { metric, scope, points: [{ attributes: { 'http.route': '/a' }, startTime, value }] };
}

const counts = Float64Array.from({ length: DURATION_BOUNDS.length + 1 }, (_, i) => i);
const exponential = { scale: 4, offset: -8, counts: [5, 0, 96], zeroCount: 4, zeroThreshold: 1e-6 };
const everyKind = [
  one('a.counter', 'counter', 5),
  one('a.updown', 'updown', -3),
  one('a.gauge', 'gauge', 0.25),
  one('a.histogram', 'histogram', { counts, sum: 12.5, exponential }),
];

for (const protocol of PROTOCOLS) {
  for (const compression of ['none', 'gzip']) {
    test(`every kind arrives as it is over ${protocol} with compression ${compression}`, async (t) => {
      const receiver = await startReceiver(protocol);
      const environment = { ...environmentOf(protocol, receiver.url), OTEL_EXPORTER_OTLP_COMPRESSION: compression };
      const { adapter, push, counts: counted, lines } = await openDestination(environment);
      t.teardown(() => receiver.close());
      await push(snapshotOf(everyKind));
      await adapter.close!(AbortSignal.timeout(5000));
      t.is(receiver.requests.length, 1);
      const { series, resource, problems, encoding } = receiver.requests[0]!;
      t.deepEqual(problems, []);
      if (protocol !== 'grpc') t.is(encoding, compression === 'gzip' ? 'gzip' : 'identity');
      t.deepEqual(
        { ...resource, 'process.pid': Number(resource['process.pid']) },
        {
          'service.name': 'shop',
          'process.pid': 42,
          'telemetry.distro.version': '0.1.0',
          'telemetry.sdk.name': 'loadline',
          'telemetry.sdk.language': 'nodejs',
          'telemetry.sdk.version': '0.1.0',
        },
      );
      const told = series.map(({ name, kind, temporality, isMonotonic, value }) => [
        name,
        kind,
        temporality,
        isMonotonic,
        value,
      ]);
      t.deepEqual(told, [
        ['a.counter', 'sum', 'cumulative', true, 5],
        ['a.updown', 'sum', 'cumulative', false, -3],
        ['a.gauge', 'gauge', undefined, false, 0.25],
        ['a.histogram', 'histogram', 'cumulative', false, 105],
      ]);
      for (const { unit, description, name, attributes, time, start, kind, scope: from } of series) {
        t.deepEqual([unit, description, from], ['s', `help of ${name}`, 'shop']);
        t.deepEqual({ ...attributes }, { 'http.route': '/a' });
        t.deepEqual([start, time], [kind === 'gauge' ? 0 : START, START + 60_000]);
      }
      t.is(series[3]!.point.sum, 12.5);
      t.deepEqual(counted, { sent: 4, failed: 0, dropped: 0, unknown: 0, spooled: 0 });
      t.deepEqual(lines, []);
    });
  }

  test(`exponential buckets go out over ${protocol} where they are asked for and there are any`, async (t) => {
    const receiver = await startReceiver(protocol);
    t.teardown(() => receiver.close());
    const environment = {
      ...environmentOf(protocol, receiver.url),
      OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION: 'base2_exponential_bucket_histogram',
    };
    const { push } = await openDestination(environment);
    await push(snapshotOf([everyKind[3]!, one('plain', 'histogram', { counts, sum: 1 })]));
    const [{ series, problems }] = receiver.requests as [OtlpReceiver['requests'][0]];
    t.deepEqual(problems, []);
    t.deepEqual(
      series.map(({ kind, value }) => [kind, value]),
      [
        ['exponentialHistogram', 105],
        ['histogram', 105],
      ],
    );
    const { scale, positive, zeroCount } = series[0]!.point;
    t.deepEqual([scale, positive.offset, Number(zeroCount)], [4, -8, 4]);
    t.deepEqual(positive.bucketCounts.map(Number), [5, 0, 96]);
  });

  test(`series that name their scope go out in it over ${protocol}, all others stay`, async (t) => {
    const receiver = await startReceiver(protocol);
    t.teardown(() => receiver.close());
    const { push } = await openDestination(environmentOf(protocol, receiver.url));
    const of = (value: number, attributes: Record<string, string>) => ({ attributes, startTime: START, value });
    const points = [
      of(1, { 'otel.scope.name': 'cart', 'otel.scope.version': '2.0.0', a: 'x' }),
      of(2, { 'otel.scope.name': 'cart', 'otel.scope.version': '2.0.0', a: 'y' }),
      of(3, { 'otel.scope.name': 'other', a: 'x' }),
      of(4, { 'otel.scope.name': '', a: 'x' }),
      of(5, { a: 'x' }),
    ];
    const metric = { name: 'orders', kind: 'counter' } as const;
    await push(snapshotOf([{ metric, scope: { name: 'bridge' }, points }, one('more', 'gauge', 6)]));
    const { series, problems } = receiver.requests[0]!;
    t.deepEqual(problems, []);
    const found = series.map(({ name, scope: from, attributes, value }) => [name, from, { ...attributes }, value]);
    t.deepEqual(found, [
      ['orders', 'cart', { a: 'x' }, 1],
      ['orders', 'cart', { a: 'y' }, 2],
      ['orders', 'other', { a: 'x' }, 3],
      ['orders', 'bridge', { 'otel.scope.name': '', a: 'x' }, 4],
      ['orders', 'bridge', { a: 'x' }, 5],
      ['more', 'shop', { 'http.route': '/a' }, 6],
    ]);
  });

  test(`refused points of a partial success over ${protocol} are counted and said`, async (t) => {
    const receiver = await startReceiver(protocol);
    t.teardown(() => receiver.close());
    const { push, counts: counted, lines } = await openDestination(environmentOf(protocol, receiver.url));
    receiver.faults.push(
      { rejected: 3, message: 'too old' },
      { rejected: 0, message: 'use less' },
      { rejected: 99, message: '' },
    );
    for (let i = 0; i < 4; i++) await push(snapshotOf(everyKind));
    t.deepEqual(counted, { sent: 1 + 4 + 0 + 4, failed: 0, dropped: 3 + 4, unknown: 0, spooled: 0 });
    t.true(
      lines.some((line) => line.includes('refused 3 of 4 points: "too old"')),
      lines.join(),
    );
    t.true(lines.some((line) => line.includes('"use less"')));
  });

  test(`a push over ${protocol} that finds nobody says so and loses nothing`, async (t) => {
    const environment = {
      ...environmentOf(protocol, `http://localhost:${await freePort()}`),
      OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: 'delta',
    };
    const { push, counts: counted } = await openDestination(environment, { options: { timeout: 2000 } });
    await t.throwsAsync(push(snapshotOf(everyKind)), { message: /ECONNREFUSED/ });
    t.deepEqual(counted, { sent: 0, failed: 0, dropped: 0, unknown: 0, spooled: 0 });
  });

  test.serial(`an answer over ${protocol} that nobody can read is a success, and is said`, async (t) => {
    const receiver = await startReceiver(protocol);
    t.teardown(() => receiver.close());
    const { push, counts: counted, lines } = await openDestination(environmentOf(protocol, receiver.url));
    receiver.faults.push('garbage');
    await push(snapshotOf(everyKind));
    t.is(counted.sent, 4);
    t.true(lines.length > 0 && lines.every((line) => line.startsWith('otlp: ')));
  });

  test(`a push over ${protocol} ends when its signal aborts, and the next one works`, async (t) => {
    const receiver = await startReceiver(protocol);
    t.teardown(() => receiver.close());
    const { adapter, push } = await openDestination(environmentOf(protocol, receiver.url));
    receiver.faults.push('hang');
    const abort = new AbortController();
    const pushing = adapter.push!(snapshotOf(everyKind), abort.signal);
    while (receiver.seen() === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    const begin = performance.now();
    abort.abort();
    await t.throwsAsync(pushing);
    t.true(performance.now() - begin < 5000);
    await push(snapshotOf(everyKind));
    t.is(receiver.requests.length, 1);
  });

  test(`hostile names and values over ${protocol} inject nothing, throw nothing and are counted`, async (t) => {
    const receiver = await startReceiver(protocol);
    t.teardown(() => receiver.close());
    const { push, counts: counted } = await openDestination(environmentOf(protocol, receiver.url));
    const attributes = JSON.parse('{"__proto__":"x","":"empty key","q\\"\\n":"v\\n\\"; ","😀":"😀"}');
    const hostile = { ...attributes, long: 'x'.repeat(10_000), bad: '\ud800', big: 1e308, nan: Number.NaN, minus: -0 };
    Object.defineProperty(hostile, '__proto__', { value: 'x', enumerable: true });
    const metric = { name: 'a\n"😀', kind: 'gauge', unit: '"\n', help: '\ud800' } as const;
    const values = [Number.NaN, Number.POSITIVE_INFINITY, 1e308, -0, 5e-324];
    const points = values.map((value, i) => ({ attributes: { ...hostile, i }, startTime: START, value }));
    for (const point of points) Object.defineProperty(point.attributes, '__proto__', { value: 'x', enumerable: true });
    const negative = one('negative', 'counter', -1);
    const unnamed = one('', 'counter', 1);
    const surrogate = one('\ud800', 'counter', 1);
    await push(snapshotOf([{ metric, scope: { name: '"\n\ud800' }, points }, negative, unnamed, surrogate]));
    const { series, problems } = receiver.requests[0]!;
    t.deepEqual(problems, []);
    t.deepEqual(
      series.map(({ value }) => value),
      [1e308, protocol === 'http/json' ? 0 : -0, 5e-324],
    );
    t.deepEqual([series[0]!.name, series[0]!.unit, series[0]!.description], ['a\n"😀', '"\n', '\ufffd']);
    const { attributes: got } = series[0]!;
    const expected = { _: 'empty key', big: '1e+308', bad: '\ufffd', 'q"\n': 'v\n"; ', '😀': '😀', nan: 'NaN' };
    for (const [key, value] of Object.entries(expected)) t.is(got[key], value);
    t.is(Object.getOwnPropertyDescriptor(got, '__proto__')?.value, 'x');
    t.is(String(got.long).length, 10_000);
    t.deepEqual(counted, { sent: 3, failed: 0, dropped: 5, unknown: 0, spooled: 0 });
  });

  test(`random snapshots over ${protocol} always fit the data model`, async (t) => {
    const receiver = await startReceiver(protocol);
    t.teardown(() => receiver.close());
    const { push, counts: counted } = await openDestination(environmentOf(protocol, receiver.url));
    const random = seededRandom(7);
    let points = 0;
    for (let i = 0; i < 20; i++) {
      const snapshot = distinct(randomSnapshot(random));
      points += snapshot.metrics.reduce((sum, metric) => sum + metric.points.length, 0);
      await push(snapshot);
    }
    t.deepEqual(
      receiver.requests.flatMap(({ problems }) => problems),
      [],
    );
    t.is(counted.sent + counted.dropped, points);
    t.true(counted.sent > 0);
  });

  test(`10k series go in one request over ${protocol}`, async (t) => {
    const receiver = await startReceiver(protocol);
    t.teardown(() => receiver.close());
    const { push, counts: counted } = await openDestination(environmentOf(protocol, receiver.url));
    const points = Array.from({ length: 10_000 }, (_, i) => ({
      attributes: { i: `n${i}` },
      startTime: START,
      value: i,
    }));
    await push(snapshotOf([{ metric: { name: 'many', kind: 'counter' }, scope, points }]));
    t.is(receiver.requests[0]!.series.length, 10_000);
    t.is(
      receiver.requests[0]!.series.reduce((sum, { value }) => sum + value, 0),
      49_995_000,
    );
    t.is(counted.sent, 10_000);
  });

  test(`headers over ${protocol} are decoded, and those for metrics win`, async (t) => {
    const receiver = await startReceiver(protocol);
    t.teardown(() => receiver.close());
    const { push } = await openDestination({
      ...environmentOf(protocol, receiver.url),
      OTEL_EXPORTER_OTLP_HEADERS: 'x-one=a%20b%2Cc%3D%22,x-two=general',
      OTEL_EXPORTER_OTLP_METRICS_HEADERS: 'x-two=specific',
    });
    await push(snapshotOf(everyKind));
    const { headers } = receiver.requests[0]!;
    t.deepEqual([headers['x-one'], headers['x-two']], ['a b,c="', 'specific']);
  });
}

/** As `merge` guarantees: no metric of a scope twice, no series twice. */
function distinct(snapshot: Snapshot): Snapshot {
  const metrics = new Map<string, MetricSnapshot>();
  for (const metric of snapshot.metrics) metrics.set(JSON.stringify([metric.metric.name, metric.scope.name]), metric);
  const series = ({ points, ...rest }: MetricSnapshot) => ({
    ...rest,
    points: [
      ...new Map(points.map((point) => [attributesKey(point.attributes), { ...point, startTime: START - 1 }])).values(),
    ],
  });
  return { ...snapshot, time: START, metrics: [...metrics.values()].map(series) };
}
