/** What of a panel's lines is drawn, and how far they reach. Pure. */
import type { Line } from './panels.ts';
import { isInSight } from './scale.ts';
import { stacked } from './stack.ts';
import type { Values } from './timeline.ts';

/** What is not known at all is left out, what is rare also while it is nothing. */
export function isShown({ line, values }: { line: Line; values: Values }): boolean {
  return values.some((value) => value !== null && (!line.rare || value > 0));
}

/** As it is drawn: those that the reader hid as gaps, of a stack all but the limits on top of each other. */
export function drawnOf(
  series: readonly Values[],
  lines: readonly Line[],
  hidden: ReadonlySet<string>,
  isStack: boolean,
): Values[] {
  const seen = series.map((values, at) => (hidden.has(lines[at]!.track) ? values.map(() => null) : values));
  if (!isStack) return seen;
  const areas = seen.filter((_, at) => !lines[at]!.limit);
  const sums = stacked(areas);
  return seen.map((values, at) => (lines[at]!.limit ? values : sums[areas.indexOf(values)]!));
}

/** Least and most of all lines, of limits only those in sight. */
export function extentOf(series: readonly Values[], lines: readonly Line[]): [number | null, number | null] {
  let least: number | null = null;
  let most: number | null = null;
  const take = (value: number | null) => {
    if (value === null) return;
    if (least === null || value < least) least = value;
    if (most === null || value > most) most = value;
  };
  series.forEach((values, at) => {
    if (!lines[at]!.limit) values.forEach(take);
  });
  const top = most;
  series.forEach((values, at) => {
    const limit = values.at(-1) ?? null;
    if (lines[at]!.limit && isInSight(limit, top)) take(limit);
  });
  return [least, most];
}
