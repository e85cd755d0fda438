/**
 * `record-process.mjs <subject> <operation> <dist> <ms> <attribute sets>`, forked by record.mjs: one operation in a fresh process, so that the compiler
 * has seen nothing else. Sends ns of CPU per operation (of all threads: what is done later on counts too).
 */

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { median } from './lib/statistics.mjs';

const require = createRequire(import.meta.url);
const { load } = require('./apps/frameworks.cjs');
const [subject, operation, dist, milliseconds, sets] = process.argv.slice(2);

/** Seconds, the default boundaries of OpenTelemetry's semantic conventions. */
const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
/** From below the first to above the last of them, in no order. */
const VALUES = Float64Array.from({ length: 1024 }, (_, i) => 0.001 * 2 ** (((i * 389) % 1024) / 73));
const METHODS = ['GET', 'POST', 'PUT', 'DELETE'];
const ROUTES = Array.from({ length: Number(sets) / METHODS.length }, (_, i) => `/r${i}/:id`);
const BOUND = { method: 'GET', route: '/r0/:id' };
/** As app code has them: an object of its own for each call, `sets` different ones. */
const some = (i) => ({ method: METHODS[i & 3], route: ROUTES[(i >> 2) & (ROUTES.length - 1)] });

const SUBJECTS = { limit, loadline, 'prom-client': promClient, OpenTelemetry: openTelemetry, 'hot-shots': hotShots };

const { run, total } = (await SUBJECTS[subject]())[operation];
const { samples, count } = await measure(run, Number(milliseconds));
const counted = await total();
process.send({ ns: median(samples), count, counted }, () => process.exit());

/**
 * Chunks of 20 ms. A pause between them lets libraries send what they have; and it is only when a thread pauses that Linux knows
 * its CPU time to better than 4 ms.
 */
async function measure(run, duration) {
  let count = 0;
  let chunk = 200;
  const timed = async () => {
    const before = process.cpuUsage();
    for (let i = 0; i < chunk; i++) run(i);
    await sleep(1);
    const { user, system } = process.cpuUsage(before);
    count += chunk;
    return ((user + system) * 1e3) / chunk;
  };
  await sleep(1);
  const warm = performance.now() + duration / 2;
  while (performance.now() < warm) chunk = Math.max(200, Math.min(2 * chunk, Math.round(20e6 / (await timed()))));
  const samples = [];
  const end = performance.now() + duration;
  do samples.push(await timed());
  while (performance.now() < end);
  return { samples, count };
}

/** What no instrument can be faster than. */
function limit() {
  const cells = new Float64Array(new SharedArrayBuffer(8 * 64));
  const total = () => cells.reduce((all, value) => all + value, 0);
  return { counter: { run: (i) => (cells[i & 63] += 1), total } };
}

async function loadline() {
  const at = (path) => pathToFileURL(`${dist}/${path}`).href;
  const { counter, histogram, start } = await import(at('src/index.js'));
  const agent = start({ adapters: [], log: 'silent' });
  // Its start is none of a record's cost.
  await agent.snapshot('none');
  const total = async () => {
    const { metrics } = await agent.snapshot('none');
    const { points } = metrics.find(({ metric }) => metric.name === 'bench.it');
    return points.reduce((all, { value }) => all + (value?.counts?.reduce((a, b) => a + b, 0) ?? value), 0);
  };
  const make = {
    counter: () => counter('bench.it'),
    histogram: () => histogram('bench.it', { bounds: BOUNDS }),
  }[operation.split(' ')[0]]();
  const bound = make.with(BOUND);
  return {
    counter: { run: () => make.add(1), total },
    'counter bound': { run: () => bound.add(1), total },
    'counter attributes': { run: (i) => make.add(1, some(i)), total },
    histogram: { run: (i) => make.record(VALUES[i & 1023]), total },
    'histogram bound': { run: (i) => bound.record(VALUES[i & 1023]), total },
    'histogram attributes': { run: (i) => make.record(VALUES[i & 1023], some(i)), total },
  };
}

function promClient() {
  const { Counter, Histogram } = load('prom-client');
  const labelNames = operation.includes(' ') ? ['method', 'route'] : [];
  const made = operation.startsWith('counter')
    ? new Counter({ name: 'it', help: 'it', labelNames })
    : new Histogram({ name: 'it', help: 'it', labelNames, buckets: BOUNDS });
  const bound = labelNames.length > 0 ? made.labels(BOUND) : undefined;
  const total = async () => {
    const { values } = await made.get();
    const counts = values.filter(({ metricName }) => metricName === undefined || metricName === 'it_count');
    return counts.reduce((all, { value }) => all + value, 0);
  };
  return {
    counter: { run: () => made.inc(), total },
    'counter bound': { run: () => bound.inc(), total },
    'counter attributes': { run: (i) => made.inc(some(i)), total },
    histogram: { run: (i) => made.observe(VALUES[i & 1023]), total },
    'histogram bound': { run: (i) => bound.observe(VALUES[i & 1023]), total },
    'histogram attributes': { run: (i) => made.observe(some(i), VALUES[i & 1023]), total },
  };
}

/** Has no bound instruments: one attributes object that stays the same is the nearest. */
function openTelemetry() {
  const { MeterProvider } = load('@opentelemetry/sdk-metrics');
  const { PrometheusExporter } = load('@opentelemetry/exporter-prometheus');
  const reader = new PrometheusExporter({ preventServerStart: true });
  const meter = new MeterProvider({ readers: [reader] }).getMeter('bench');
  const counter = meter.createCounter('it');
  const histogram = meter.createHistogram('it.h', { advice: { explicitBucketBoundaries: BOUNDS } });
  const total = async () => {
    const { resourceMetrics } = await reader.collect();
    const { dataPoints } = resourceMetrics.scopeMetrics[0].metrics[0];
    return dataPoints.reduce((all, { value }) => all + (value.count ?? value), 0);
  };
  return {
    counter: { run: () => counter.add(1), total },
    'counter bound': { run: () => counter.add(1, BOUND), total },
    'counter attributes': { run: (i) => counter.add(1, some(i)), total },
    histogram: { run: (i) => histogram.record(VALUES[i & 1023]), total },
    'histogram bound': { run: (i) => histogram.record(VALUES[i & 1023], BOUND), total },
    'histogram attributes': { run: (i) => histogram.record(VALUES[i & 1023], some(i)), total },
  };
}

/** Sends each record, in datagrams of 1432 bytes, to a socket that drops what it cannot hold. Buckets are the server's. */
async function hotShots() {
  const sink = createSocket('udp4').bind(0, '127.0.0.1');
  await once(sink, 'listening');
  const client = new (load('hot-shots'))({ port: sink.address().port, maxBufferSize: 1432 });
  let sent = 0;
  const total = () => sent;
  const counted = (record) => ({
    run: (i) => {
      sent++;
      record(i);
    },
    total,
  });
  return {
    counter: counted(() => client.increment('it')),
    'counter bound': counted(() => client.increment('it', 1, BOUND)),
    'counter attributes': counted((i) => client.increment('it', 1, some(i))),
    histogram: counted((i) => client.distribution('it', VALUES[i & 1023])),
    'histogram bound': counted((i) => client.distribution('it', VALUES[i & 1023], BOUND)),
    'histogram attributes': counted((i) => client.distribution('it', VALUES[i & 1023], some(i))),
  };
}
