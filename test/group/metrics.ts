/** Metrics of made-up processes. */
import type { Attributes, Metric } from '../../src/snapshot/metric.ts';
import type { HistogramPoint, MetricSnapshot, Point } from '../../src/snapshot/snapshot.ts';

export const SCOPE = { name: 'test' };
export const REQUESTS: Metric = { name: 'requests', kind: 'counter', unit: '{request}' };
export const SECONDS: Metric = { name: 'seconds', kind: 'counter', unit: 's' };
export const MEMORY: Metric = { name: 'memory', kind: 'updown', unit: 'By' };
export const AGE: Metric = { name: 'age', kind: 'gauge', unit: 's' };
export const LATENCY: Metric = { name: 'latency', kind: 'histogram', unit: 's', bounds: [1, 2] };

export function one(metric: Metric, value: Point['value'], attributes: Attributes = {}, startTime = 1): MetricSnapshot {
  return { metric, scope: SCOPE, points: [{ attributes, startTime, value }] };
}

export function histogram(...counts: number[]): HistogramPoint {
  return { counts, sum: counts.reduce((sum, count, i) => sum + count * i, 0) };
}

/** Name and labels → value; of a histogram its counts. */
export function valuesOf(metrics: readonly MetricSnapshot[]): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const { metric, points } of metrics) {
    for (const { attributes, value } of points) {
      const labels = Object.entries(attributes).map(([key, label]) => `${key}=${label}`);
      values[[metric.name, ...labels.sort()].join(' ')] = typeof value === 'number' ? value : Array.from(value.counts);
    }
  }
  return values;
}
