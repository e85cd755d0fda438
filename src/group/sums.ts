/** What several processes counted, one after the other: pure. */
import { addValues, merge } from '../snapshot/merge.ts';
import { isCumulative, OVERFLOW_ATTRIBUTES, seriesKey } from '../snapshot/metric.ts';
import type { MetricSnapshot, Point } from '../snapshot/snapshot.ts';

const OVERFLOW_KEY = seriesKey(OVERFLOW_ATTRIBUTES);

/** Only what outlives its process: counters and histograms. */
export function sumsOf(metrics: readonly MetricSnapshot[]): MetricSnapshot[] {
  return metrics.filter(({ metric }) => isCumulative(metric));
}

/**
 * What `later` and `earlier` counted together, at most `limit` series of each metric: the rest is one overflow series.
 * Where the two describe a metric differently, what `earlier` counted in it is over.
 */
export function foldSums(
  later: readonly MetricSnapshot[],
  earlier: readonly MetricSnapshot[],
  limit: number,
): MetricSnapshot[] {
  return merge([sumsOf(later), earlier]).map((snapshot) => limited(snapshot, limit));
}

function limited(snapshot: MetricSnapshot, limit: number): MetricSnapshot {
  if (snapshot.points.length <= limit) return snapshot;
  const kept: Point[] = [];
  const rest: Point[] = [];
  for (const point of snapshot.points) {
    const fits = kept.length < limit && seriesKey(point.attributes) !== OVERFLOW_KEY;
    (fits ? kept : rest).push(point);
  }
  const value = rest.map((point) => point.value).reduce(addValues);
  const startTime = Math.min(...rest.map((point) => point.startTime));
  return { ...snapshot, points: [...kept, { attributes: OVERFLOW_ATTRIBUTES, startTime, value }] };
}
