/** Quantiles of explicit buckets: pure. */

/**
 * The value at a rank, `q` × the count of values: linear in its bucket, as Prometheus' `histogram_quantile`. The first
 * bucket begins at 0 (or is its bound, where that is not positive); what lies above the last bound counts as the last bound.
 *
 * @param counts one more than there are bounds
 * @param bounds ascending, at least one
 */
export function explicitQuantile(counts: ArrayLike<number>, bounds: readonly number[], rank: number): number {
  let below = 0;
  for (let i = 0; i < bounds.length; i++) {
    const inside = counts[i]!;
    if (inside > 0 && below + inside >= rank) {
      const upper = bounds[i]!;
      const lower = i > 0 ? bounds[i - 1]! : Math.min(0, upper);
      return lower + (upper - lower) * Math.max(0, (rank - below) / inside);
    }
    below += inside;
  }
  return bounds.at(-1)!;
}
