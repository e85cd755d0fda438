/**
 * An app with OpenTelemetry SDK 3 of its own and the agent in it: serves REQUESTS requests, counts some things with
 * either, and says in JSON what its own reader shows of the agent. What the agent sends goes to OTLP.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { counter, register, start, stop } from 'loadline';
import { fromOpenTelemetry, toMetricProducer } from 'loadline/adapters/opentelemetry';

const REQUESTS = Number(process.env.REQUESTS);
/** ms: so that what is counted comes in several intervals. */
const PAUSE = 1.5 * Number(process.env.OTEL_METRIC_EXPORT_INTERVAL);

const { reader, sampler } = fromOpenTelemetry();
register(sampler);
const meter = new MeterProvider({ readers: [reader] }).getMeter('shop', '1.2.3');
const orders = meter.createCounter('orders', { unit: '{order}' });
const took = meter.createHistogram('took', { unit: 's', advice: { explicitBucketBoundaries: [0.1, 1] } });
const done = counter('jobs.done');

await start().ready;
const server = createServer((_request, response) => response.end('hello')).listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `http://127.0.0.1:${server.address().port}`;
for (let i = 0; i < REQUESTS; i++) {
  await (await fetch(url)).text();
  orders.add(2, { kind: 'book' });
  took.record(i % 2);
  done.add(1);
  if (i === REQUESTS / 2) await sleep(PAUSE);
}

const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
const own = new PeriodicExportingMetricReader({ exporter, metricProducers: [toMetricProducer()] });
const provider = new MeterProvider({ readers: [own] });
await provider.forceFlush();
const metrics = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics));
const shown = metrics.map(({ descriptor, dataPoints }) => [
  descriptor.name,
  dataPoints.reduce((sum, { value }) => sum + (value.count ?? value), 0),
]);
process.stdout.write(JSON.stringify(Object.fromEntries(shown)));
await provider.shutdown();
server.close();
server.closeAllConnections();
await stop();
