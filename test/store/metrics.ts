/** What the tests of the store record and how they look it up. */
import type { Attributes, Metric } from '../../src/snapshot/metric.ts';
import type { MetricSnapshot, Point } from '../../src/snapshot/snapshot.ts';

export const SCOPE = { name: 'test', version: '1.2.3' };
export const COUNTER: Metric = { name: 'test.counter', kind: 'counter', unit: '{thing}', help: 'Things.' };
export const UPDOWN: Metric = { name: 'test.updown', kind: 'updown', unit: '{thing}' };
export const GAUGE: Metric = { name: 'test.gauge', kind: 'gauge' };
export const HISTOGRAM: Metric = { name: 'test.histogram', kind: 'histogram', unit: 's', bounds: [0.1, 1, 10] };
export const OVERFLOW: Attributes = { 'otel.metric.overflow': true };

export function pointsOf(metrics: readonly MetricSnapshot[], name: string): readonly Point[] {
  return metrics.find(({ metric }) => metric.name === name)?.points ?? [];
}

/** The value of the series with exactly these attributes, in whatever order. */
export function readingOf(
  metrics: readonly MetricSnapshot[],
  name: string,
  attributes: Attributes = {},
): Point['value'] {
  const wanted = textOf(attributes);
  const found = pointsOf(metrics, name).filter((point) => textOf(point.attributes) === wanted);
  if (found.length !== 1) throw new Error(`${found.length} series ${name} ${wanted}`);
  return found[0]!.value;
}

function textOf(attributes: Attributes): string {
  return JSON.stringify(Object.entries(attributes).sort());
}

export function sum(counts: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < counts.length; i++) total += counts[i]!;
  return total;
}
