/** What a worker that is gone leaves to the totals: pure. */
import { merge } from './merge.ts';
import { APP_SCOPE, OVERFLOW_ATTRIBUTES } from './metric.ts';
import type { MetricSnapshot, Point } from './snapshot.ts';

/**
 * Counters and histograms, and updowns that the app's code adds to: a job that one thread queued and another took is
 * right only in the sum of both. Gauges and other updowns tell of something that is gone with its thread.
 */
export function lasting(metrics: readonly MetricSnapshot[]): MetricSnapshot[] {
  return metrics.filter(({ metric: { kind }, scope }) => {
    return kind === 'counter' || kind === 'histogram' || (kind === 'updown' && scope.name === APP_SCOPE.name);
  });
}

/**
 * Several lists added up, with at most `limit` series for each metric (2 or more), its overflow series included, which
 * takes what comes too late: sums stay exact however many workers come and go.
 */
export function fold(parts: readonly (readonly MetricSnapshot[])[], limit: number): MetricSnapshot[] {
  return merge(parts).flatMap((snapshot) => (snapshot.points.length > limit ? bounded(snapshot, limit) : [snapshot]));
}

function bounded(snapshot: MetricSnapshot, limit: number): MetricSnapshot[] {
  const kept: Point[] = [];
  const rest: Point[] = [];
  for (const point of snapshot.points) {
    if (kept.length < limit - 1 && !('otel.metric.overflow' in point.attributes)) kept.push(point);
    else rest.push({ ...point, attributes: OVERFLOW_ATTRIBUTES });
  }
  const lists = rest.map((point) => [{ ...snapshot, points: [point] }]);
  return [{ ...snapshot, points: [...kept, ...merge(lists).flatMap(({ points }) => points)] }];
}
