/** What processes that had a slot one after the other counted: pure. */
import { fold } from '../snapshot/fold.ts';
import { isCumulative } from '../snapshot/metric.ts';
import type { MetricSnapshot } from '../snapshot/snapshot.ts';

/** What outlives its process: counters and histograms. */
export function sumsOf(metrics: readonly MetricSnapshot[]): MetricSnapshot[] {
  return metrics.filter(({ metric }) => isCumulative(metric));
}

/**
 * What `later` and `earlier` counted together, at most `limit` series of each metric. Where the two describe a metric
 * differently, what `earlier` counted in it is over.
 */
export function foldSums(
  later: readonly MetricSnapshot[],
  earlier: readonly MetricSnapshot[],
  limit: number,
): MetricSnapshot[] {
  return fold([sumsOf(later), earlier], limit);
}
