/** What a histogram of one interval says: count, mean, quantiles, maximum. Pure. */
import { explicitQuantile } from '../src/snapshot/quantile.ts';
import type { ExponentialBuckets, HistogramPoint } from '../src/snapshot/snapshot.ts';
import { countOf } from '../src/snapshot/snapshot.ts';

/** Statistics in the metric's unit, by name. Only what can be known: an empty interval has a count and nothing else. */
export function statistics(point: HistogramPoint, bounds: readonly number[]): [name: string, value: number][] {
  const count = countOf(point);
  const all: [string, number][] = [['count', count]];
  if (count === 0) return all;
  all.push(['mean', point.sum / count]);
  const quantile = quantilesOf(point, bounds, count);
  if (quantile === undefined) return all;
  all.push(['p50', quantile(0.5)], ['p90', quantile(0.9)], ['p99', quantile(0.99)], ['max', maximum(point, bounds)]);
  return all;
}

function quantilesOf(point: HistogramPoint, bounds: readonly number[], count: number) {
  const { exponential } = point;
  if (exponential !== undefined && exponentialCount(exponential) > 0) {
    return (q: number) => exponentialQuantile(exponential, q);
  }
  return bounds.length > 0 ? (q: number) => explicitQuantile(point.counts, bounds, q * count) : undefined;
}

/**
 * Nearest rank; the geometric middle of its bucket, wrong by at most half a bucket: 2.2 % at 16 buckets an octave.
 * Values in the zero bucket count as 0.
 */
export function exponentialQuantile(buckets: ExponentialBuckets, q: number): number {
  const rank = Math.max(1, Math.ceil(q * exponentialCount(buckets)));
  let seen = buckets.zeroCount;
  if (seen >= rank) return 0;
  let i = 0;
  for (; i < buckets.counts.length - 1; i++) {
    seen += buckets.counts[i]!;
    if (seen >= rank) break;
  }
  return 2 ** ((buckets.offset + i + 0.5) * 2 ** -buckets.scale);
}

/**
 * The lowest bound that the buckets prove. Where values lie above the last explicit bound and nothing finer is kept, that
 * bound, which the true maximum is over.
 */
export function maximum({ counts, exponential }: HistogramPoint, bounds: readonly number[]): number {
  const highest = lastFilled(counts);
  const explicit = bounds[highest] ?? Number.POSITIVE_INFINITY;
  const finest = Math.min(explicit, exponential === undefined ? explicit : exponentialMaximum(exponential));
  return Number.isFinite(finest) ? finest : bounds.at(-1)!;
}

function exponentialMaximum(buckets: ExponentialBuckets): number {
  const highest = lastFilled(buckets.counts);
  if (highest < 0) return buckets.zeroCount > 0 ? buckets.zeroThreshold : Number.POSITIVE_INFINITY;
  return 2 ** ((buckets.offset + highest + 1) * 2 ** -buckets.scale);
}

function exponentialCount({ counts, zeroCount }: ExponentialBuckets): number {
  let count = zeroCount;
  for (let i = 0; i < counts.length; i++) count += counts[i]!;
  return count;
}

function lastFilled(counts: ArrayLike<number>): number {
  let i = counts.length - 1;
  while (i >= 0 && !(counts[i]! > 0)) i--;
  return i;
}
