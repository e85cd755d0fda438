/** The bridge to an OpenTelemetry SDK that the app has: what the agent shows, through the app's own reader. */
import { agentSnapshot, OPENTELEMETRY_SCOPE } from '../src/bridge.ts';
import type { MetricSnapshot, Point, Snapshot } from '../src/snapshot/snapshot.ts';
import { CUMULATIVE, DOUBLE, GAUGE, HISTOGRAM, type HrTime, SUM } from './opentelemetry-types.ts';

/** A `MetricProducer` of `@opentelemetry/sdk-metrics`, by shape. */
export interface BridgeProducer {
  collect(): Promise<never>;
}

/**
 * A producer for the `metricProducers` of a reader of the app's own OpenTelemetry SDK (2.x or 3.x). It gives what the
 * agent shows, host numbers and every sampler included, without what `fromOpenTelemetry` brought in; always cumulative,
 * as a producer's data is whatever its reader prefers. Without a running agent it gives nothing.
 *
 * @example
 * import { PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
 * import { toMetricProducer } from 'loadline/adapters/opentelemetry';
 * new PeriodicExportingMetricReader({ exporter, metricProducers: [toMetricProducer()] });
 */
export function toMetricProducer(
  take: () => Promise<Snapshot | undefined> = () => agentSnapshot(OPENTELEMETRY_SCOPE),
): BridgeProducer {
  return {
    async collect() {
      return resultOf(await take()) as never;
    },
  };
}

/** A `CollectionResult`. The SDK puts its own resource in the place of this one. */
function resultOf(snapshot: Snapshot | undefined): object {
  const scopes = new Map<string, { scope: object; metrics: object[] }>();
  for (const metric of snapshot?.metrics ?? []) {
    const { scope } = metric;
    if (scope.name === OPENTELEMETRY_SCOPE) continue;
    const key = JSON.stringify([scope.name, scope.version]);
    const known = scopes.get(key) ?? { scope, metrics: [] };
    scopes.set(key, known);
    known.metrics.push(dataOf(metric, snapshot!.time));
  }
  const resource = { attributes: snapshot?.resource ?? {} };
  return { resourceMetrics: { resource, scopeMetrics: [...scopes.values()] }, errors: [] };
}

function dataOf({ metric, points }: MetricSnapshot, time: number): object {
  const { name, kind, unit = '', help = '' } = metric;
  const type = kind === 'histogram' ? HISTOGRAM : kind === 'gauge' ? GAUGE : SUM;
  return {
    descriptor: { name, description: help, unit, valueType: DOUBLE },
    aggregationTemporality: CUMULATIVE,
    dataPointType: type,
    ...(type === SUM && { isMonotonic: kind === 'counter' }),
    dataPoints: points.map((point) => pointOf(point, metric.bounds ?? [], time)),
  };
}

function pointOf({ attributes, startTime, value }: Point, bounds: readonly number[], time: number): object {
  const times = { startTime: hrTime(startTime), endTime: hrTime(time), attributes };
  if (typeof value === 'number') return { ...times, value };
  const counts = Array.from(value.counts);
  const count = counts.reduce((total, each) => total + each, 0);
  return { ...times, value: { buckets: { boundaries: [...bounds], counts }, count, sum: value.sum } };
}

function hrTime(milliseconds: number): HrTime {
  const seconds = Math.floor(milliseconds / 1000);
  return [seconds, Math.min(Math.round((milliseconds - seconds * 1000) * 1e6), 999_999_999)];
}
