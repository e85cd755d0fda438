/** Snapshots in short form, and their exposition checked by the strict reader. */
import { type Format, render } from '../../src/exposition/text.ts';
import type { Attributes, Metric } from '../../src/snapshot/metric.ts';
import type { MetricSnapshot, Point, Snapshot } from '../../src/snapshot/snapshot.ts';
import { parseExposition } from './exposition.ts';

export const FORMATS: readonly Format[] = ['text', 'openmetrics'];

export type Entry = readonly [attributes: Attributes, value: Point['value']];

export function of(metric: Metric, points: readonly Entry[], scope = 'test'): MetricSnapshot {
  return {
    metric,
    scope: { name: scope },
    points: points.map(([attributes, value]) => ({ attributes, startTime: 0, value })),
  };
}

export function snapshotOf(metrics: readonly MetricSnapshot[], resource: Attributes = {}): Snapshot {
  return { time: 1, resource, metrics };
}

/** Renders and checks that the strict reader agrees. */
export function show(metrics: readonly MetricSnapshot[], format: Format = 'text', resource: Attributes = {}): string {
  const { text } = render(snapshotOf(metrics, resource), format);
  parseExposition(text, format);
  return text;
}

/** The sample lines alone. */
export function samples(metrics: readonly MetricSnapshot[], format: Format = 'text'): string[] {
  return show(metrics, format)
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
}
