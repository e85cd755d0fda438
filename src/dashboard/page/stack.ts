/** Series on top of each other. Pure. */
import type { Values } from './timeline.ts';

/**
 * Each with all before it added. What is not known counts as nothing where another one is known; where none is, there
 * is a gap in all.
 */
export function stacked(series: readonly Values[]): Values[] {
  const length = series[0]?.length ?? 0;
  const isGap = Array.from({ length }, (_, at) => series.every((values) => isMissing(values[at])));
  const sums = new Array<number>(length).fill(0);
  return series.map((values) =>
    sums.map((_, at) => {
      sums[at]! += values[at] ?? 0;
      return isGap[at] ? null : sums[at]!;
    }),
  );
}

function isMissing(value: number | null | undefined): boolean {
  return value === null || value === undefined;
}
