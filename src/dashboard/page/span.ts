/** The stretch of time that the charts show. Pure. */

/** Epoch ms. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export interface Range {
  /** ms. */
  readonly length: number;
  readonly label: string;
  readonly words: string;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

export const RANGES: readonly Range[] = [
  { length: 5 * MINUTE, label: '5 min', words: 'last 5 minutes' },
  { length: 15 * MINUTE, label: '15 min', words: 'last 15 minutes' },
  { length: HOUR, label: '1 h', words: 'last hour' },
  { length: 24 * HOUR, label: '24 h', words: 'last 24 hours' },
];

/** Nobody zooms in further. */
export const SHORTEST = 30 * SECOND;
/** A young process: at least this much is shown. */
const YOUNG = MINUTE;

/** The latest stretch. While there is less history than the range, what there is with some room to grow. */
export function liveSpan(range: number, first: number | undefined, last: number): Span {
  const age = first === undefined ? 0 : last - first;
  const length = Math.min(range, Math.max(YOUNG, age * 1.2));
  return { from: last - length, to: last };
}

/** `factor` below 1 zooms in, above 1 out, about `center`. Never longer than a day. */
export function zoomed({ from, to }: Span, factor: number, center = (from + to) / 2): Span {
  const length = Math.min(24 * HOUR, Math.max(SHORTEST, (to - from) * factor));
  const part = (center - from) / (to - from);
  return { from: center - length * part, to: center + length * (1 - part) };
}

/** Moved by a part of its length; not beyond the latest time. */
export function moved({ from, to }: Span, part: number, last: number): Span {
  const by = Math.min((to - from) * part, last - to);
  return { from: from + by, to: to + by };
}

/** The coarse history where the fine one does not reach far enough back. */
export function stepFor({ from, to }: Span, fineFirst: number | undefined, last: number): 5 | 60 {
  if (to - from <= 1.05 * HOUR && from >= last - 1.05 * HOUR) return 5;
  return fineFirst !== undefined && fineFirst <= from ? 5 : 60;
}
