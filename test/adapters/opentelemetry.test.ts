import { setTimeout as sleep } from 'node:timers/promises';
import * as api from '@opentelemetry/api';
import * as sdk from '@opentelemetry/sdk-metrics';
import test from 'ava';
import { fromOpenTelemetry, provideGlobally, toMetricProducer } from '../../adapters/opentelemetry.ts';
import { Collector } from '../../src/sampler/collect.ts';
import type { Sampler } from '../../src/sampler/sampler.ts';
import type { HistogramPoint, MetricSnapshot } from '../../src/snapshot/snapshot.ts';
import { of, snapshotOf } from '../exposition/showing.ts';

const SCOPE = 'loadline.bridge.opentelemetry';

function collectorOf(sampler: Sampler) {
  const lines: string[] = [];
  const collector = new Collector({ samplers: new Set([sampler]), warn: (_code, line) => lines.push(line) });
  const collect = async () => (await collector.collect()).filter(({ scope }) => scope.name === SCOPE);
  return { collect, lines };
}

function provider(options: sdk.MeterProviderOptions = {}) {
  const { reader, sampler } = fromOpenTelemetry();
  const made = new sdk.MeterProvider({ ...options, readers: [reader, ...(options.readers ?? [])] });
  return { provider: made, ...collectorOf(sampler) };
}

function find(metrics: readonly MetricSnapshot[], name: string): MetricSnapshot {
  return metrics.find(({ metric }) => metric.name === name)!;
}

test('Every kind of instrument arrives as what it is, with unit, help, attributes and scope', async (t) => {
  const { provider: made, collect, lines } = provider();
  const meter = made.getMeter('shop', '1.2.3');
  meter.createCounter('orders', { unit: '{order}', description: 'Orders.' }).add(3, { a: 'x', list: ['p', 'q'] });
  meter.createUpDownCounter('open').add(-2);
  meter.createGauge('fill', { unit: '1' }).record(0.5);
  const histogram = meter.createHistogram('took', { unit: 's', advice: { explicitBucketBoundaries: [0.1, 1] } });
  for (const value of [0.1, 0.5, 5]) histogram.record(value);
  meter.createObservableCounter('seen').addCallback((result) => result.observe(9));
  meter.createObservableUpDownCounter('kept').addCallback((result) => result.observe(-9));
  meter.createObservableGauge('heat').addCallback((result) => result.observe(21.5));
  const metrics = await collect();
  const scope = { 'otel.scope.name': 'shop', 'otel.scope.version': '1.2.3' };
  t.deepEqual(find(metrics, 'orders').metric, { name: 'orders', kind: 'counter', unit: '{order}', help: 'Orders.' });
  t.deepEqual(find(metrics, 'orders').points[0]!.attributes, { a: 'x', list: '["p","q"]', ...scope });
  const found = metrics.map(({ metric, points }) => [metric.name, metric.kind, points[0]!.value]);
  t.deepEqual(found, [
    ['orders', 'counter', 3],
    ['open', 'updown', -2],
    ['fill', 'gauge', 0.5],
    ['took', 'histogram', { counts: [1, 1, 1], sum: 5.6 }],
    ['seen', 'counter', 9],
    ['kept', 'updown', -9],
    ['heat', 'gauge', 21.5],
  ]);
  t.deepEqual(find(metrics, 'took').metric.bounds, [0.1, 1]);
  t.deepEqual(lines, []);
});

test('One name in two scopes stays two series, and totals are cumulative beside a delta reader', async (t) => {
  const exporter = new sdk.InMemoryMetricExporter(sdk.AggregationTemporality.DELTA);
  const delta = new sdk.PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 1e6 });
  const { provider: made, collect } = provider({ readers: [delta] });
  const counters = ['a', 'b'].map((name) => made.getMeter(name).createCounter('n'));
  for (let round = 1; round <= 3; round++) {
    counters[0]!.add(1);
    counters[1]!.add(10);
    await delta.forceFlush();
    const { points } = find(await collect(), 'n');
    t.deepEqual(
      points.map(({ value, attributes }) => [attributes['otel.scope.name'], value]),
      [
        ['a', round],
        ['b', round * 10],
      ],
    );
  }
  await delta.shutdown();
});

test('Exponential histograms become explicit ones at powers of two, exactly', async (t) => {
  const views = [{ instrumentName: 'exp', aggregation: { type: sdk.AggregationType.EXPONENTIAL_HISTOGRAM } as const }];
  const { provider: made, collect } = provider({ views });
  const histogram = made.getMeter('m').createHistogram('exp');
  const values = [0, 1e-12, 2 ** -30, 0.25, 0.26, 1, 1.0001, 2, 3, 4, 1000, 1e13];
  for (const value of values) histogram.record(value);
  const { metric, points } = find(await collect(), 'exp');
  const { counts, sum } = points[0]!.value as HistogramPoint;
  const expected = new Array(metric.bounds!.length + 1).fill(0);
  for (const value of values) {
    const index = metric.bounds!.findIndex((bound) => value <= bound);
    expected[index < 0 ? metric.bounds!.length : index]++;
  }
  t.deepEqual(Array.from(counts), expected);
  t.is(
    sum,
    values.reduce((total, value) => total + value, 0),
  );
});

test('A callback that throws or hangs costs only itself', async (t) => {
  const { provider: made, collect, lines } = provider();
  const meter = made.getMeter('m');
  meter.createCounter('fine').add(1);
  meter.createObservableGauge('throws').addCallback(() => {
    throw new Error('boom');
  });
  meter.createObservableGauge('hangs').addCallback(() => new Promise(() => undefined));
  meter.createGauge('nan').record(Number.NaN);
  for (let round = 0; round < 2; round++) {
    t.deepEqual(
      (await collect()).map(({ metric }) => metric.name),
      ['fine'],
    );
  }
  t.deepEqual(lines, []);
});

test('Without a provider there is nothing, and after its shutdown the last values stay', async (t) => {
  const { reader, sampler } = fromOpenTelemetry();
  const { collect, lines } = collectorOf(sampler);
  t.deepEqual(await collect(), []);
  const made = new sdk.MeterProvider({ readers: [reader] });
  t.throws(() => new sdk.MeterProvider({ readers: [reader] }));
  made.getMeter('m').createCounter('n').add(4);
  await made.shutdown();
  t.is(find(await collect(), 'n').points[0]!.value, 4);
  t.deepEqual(lines, []);
});

test.serial(
  'A global provider loads the SDK with the first meter, once, and gives way to one that is there',
  async (t) => {
    t.teardown(() => api.metrics.disable());
    const samplers: Sampler[] = [];
    let loads = 0;
    const load = () => {
      loads++;
      return sdk as never;
    };
    const provide = () =>
      provideGlobally(
        api as never,
        load,
        (sampler) => samplers.push(sampler),
        () => t.fail(),
      );
    t.true(provide());
    t.false(provide());
    t.is(loads, 0);
    api.metrics.getMeter('a').createCounter('n').add(2);
    api.metrics.getMeter('b').createCounter('n').add(3);
    t.deepEqual([loads, samplers.length], [1, 1]);
    const { points } = find(await collectorOf(samplers[0]!).collect(), 'n');
    t.deepEqual(
      points.map(({ value }) => value),
      [2, 3],
    );
  },
);

test.serial('Where the SDK cannot be loaded meters do nothing, and that is told once', (t) => {
  t.teardown(() => api.metrics.disable());
  const failures: unknown[] = [];
  const load = () => {
    throw new Error('not installed');
  };
  provideGlobally(
    api as never,
    load,
    () => t.fail(),
    (error) => failures.push(error),
  );
  for (let i = 0; i < 3; i++) api.metrics.getMeter(`m${i}`).createCounter('n').add(1);
  t.is(failures.length, 1);
});

test('The producer gives everything to the app’s own reader, but for what came in by OpenTelemetry', async (t) => {
  const { reader, sampler } = fromOpenTelemetry();
  const collector = new Collector({ samplers: new Set([sampler]) });
  const own = [
    of({ name: 'orders', kind: 'counter', unit: '{order}', help: 'Orders.' }, [[{ a: 'x' }, 3]], 'shop'),
    of({ name: 'open', kind: 'updown' }, [[{}, -1]], 'shop'),
    of({ name: 'fill', kind: 'gauge' }, [[{}, 0.5]], 'other'),
    of({ name: 'took', kind: 'histogram', bounds: [1, 2] }, [[{}, { counts: [1, 2, 3], sum: 9 }]], 'other'),
  ];
  const take = async () => {
    const bridged = (await collector.collect()).filter(({ scope }) => scope.name === SCOPE);
    return { ...snapshotOf([...bridged, ...own]), time: 1_700_000_000_123.5 };
  };
  const exporter = new sdk.InMemoryMetricExporter(sdk.AggregationTemporality.CUMULATIVE);
  const exporting = new sdk.PeriodicExportingMetricReader({
    exporter,
    exportIntervalMillis: 1e6,
    metricProducers: [toMetricProducer(take)],
  });
  const made = new sdk.MeterProvider({ readers: [exporting, reader] });
  made.getMeter('app').createCounter('mine').add(1);
  for (let round = 0; round < 2; round++) await made.forceFlush();
  const { scopeMetrics } = exporter.getMetrics().at(-1)!;
  const names = scopeMetrics.map(({ scope, metrics }) => [
    scope.name,
    ...metrics.map(({ descriptor }) => descriptor.name),
  ]);
  t.deepEqual(names, [
    ['app', 'mine'],
    ['shop', 'orders', 'open'],
    ['other', 'fill', 'took'],
  ]);
  const [orders, open] = scopeMetrics[1]!.metrics;
  t.like(orders, { dataPointType: sdk.DataPointType.SUM, isMonotonic: true, aggregationTemporality: 1 });
  t.like(open, { dataPointType: sdk.DataPointType.SUM, isMonotonic: false });
  t.deepEqual(orders!.dataPoints[0], {
    attributes: { a: 'x' },
    startTime: [0, 0],
    endTime: [1_700_000_000, 123_500_000],
    value: 3,
  });
  t.deepEqual(scopeMetrics[2]!.metrics[1]!.dataPoints[0]!.value, {
    buckets: { boundaries: [1, 2], counts: [1, 2, 3] },
    count: 6,
    sum: 9,
  });
  const incoming = (await collector.collect()).filter(({ scope }) => scope.name === SCOPE);
  t.deepEqual(
    incoming.map(({ metric }) => metric.name),
    ['mine'],
  );
  await made.shutdown();
  await sleep(0);
});
