/** Which values can be sent, and how two of one name add up. Pure. */
import type { Metric } from '../src/snapshot/metric.ts';
import type { HistogramPoint, Point } from '../src/snapshot/snapshot.ts';

type Value = Point['value'];

/** Carbon drops NaN in silence; a counter or bucket below 0 is no count. */
export function isUsable(metric: Metric, value: Value): boolean {
  if (typeof value === 'number') {
    return Number.isFinite(value) && metric.kind !== 'histogram' && (metric.kind !== 'counter' || value >= 0);
  }
  const { bounds } = metric;
  if (metric.kind !== 'histogram' || bounds === undefined || value.counts.length !== bounds.length + 1) return false;
  return Number.isFinite(value.sum) && areCounts(value.counts) && isUsableExponential(value.exponential);
}

function isUsableExponential(buckets: HistogramPoint['exponential']): boolean {
  return buckets === undefined || (buckets.zeroCount >= 0 && areCounts(buckets.counts));
}

function areCounts(counts: ArrayLike<number>): boolean {
  for (let i = 0; i < counts.length; i++) if (!(counts[i]! >= 0 && counts[i]! < Number.POSITIVE_INFINITY)) return false;
  return true;
}

/** `undefined` where they do not add up: gauges, other kinds, other bounds. Exponential buckets are given up. */
export function addValues(metric: Metric, value: Value, otherMetric: Metric, other: Value): Value | undefined {
  if (metric.kind !== otherMetric.kind || metric.kind === 'gauge') return undefined;
  if (typeof value === 'number' || typeof other === 'number') {
    const sum = Number(value) + Number(other);
    return Number.isFinite(sum) ? sum : undefined;
  }
  const bounds = metric.bounds!;
  const others = otherMetric.bounds!;
  if (bounds.length !== others.length || bounds.some((bound, i) => bound !== others[i])) return undefined;
  return { counts: Array.from(value.counts, (count, i) => count + other.counts[i]!), sum: value.sum + other.sum };
}
