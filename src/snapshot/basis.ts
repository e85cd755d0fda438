/** What the next difference is measured from: pure. */
import { isCumulative } from './metric.ts';
import { seriesKey } from './series-key.ts';
import type { MetricSnapshot, Point, Snapshot } from './snapshot.ts';

/** Series that are kept although they are gone; beyond, those that have been gone longest are forgotten. */
export const KEPT_SERIES = 10_000;

/**
 * `current` as the next basis of `delta`: its counters and histograms, and before them those of `previous` that it
 * lacks. A series that is missing for a while (its sampler timed out, its thread could not be asked) would otherwise be
 * new when it comes back, and count twice.
 */
export function nextBasis(previous: Snapshot | undefined, current: Snapshot, limit = KEPT_SERIES): Snapshot {
  const sums = current.metrics.filter(({ metric }) => isCumulative(metric));
  const gone = goneSeries(previous, sums);
  const excess = gone.reduce((count, { points }) => count + points.length, 0) - limit;
  return { time: current.time, resource: {}, metrics: [...withoutFirst(gone, excess), ...sums] };
}

function goneSeries(previous: Snapshot | undefined, current: readonly MetricSnapshot[]): MetricSnapshot[] {
  const present = new Map<string, Set<string>>();
  for (const { metric, points } of current) {
    const keys = present.get(metric.name) ?? new Set();
    present.set(metric.name, keys);
    for (const { attributes } of points) keys.add(seriesKey(attributes));
  }
  const gone: MetricSnapshot[] = [];
  for (const snapshot of previous?.metrics ?? []) {
    const keys = present.get(snapshot.metric.name);
    const points = keys ? snapshot.points.filter((point) => !keys.has(seriesKey(point.attributes))) : snapshot.points;
    if (points.length > 0) gone.push({ ...snapshot, points });
  }
  return gone;
}

function withoutFirst(metrics: readonly MetricSnapshot[], count: number): readonly MetricSnapshot[] {
  if (count <= 0) return metrics;
  let left = count;
  return metrics.flatMap((snapshot) => {
    const points: readonly Point[] = snapshot.points.slice(left);
    left = Math.max(0, left - snapshot.points.length);
    return points.length > 0 ? [{ ...snapshot, points }] : [];
  });
}
