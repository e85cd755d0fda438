/** A chart in words. Pure. */

import type { Values } from './timeline.ts';
import type { Unit } from './units.ts';
import { clock, format } from './units.ts';

export interface Described {
  readonly label: string;
  readonly values: Values;
}

/** `10:41:00 to 10:56:00. p50: now 6 ms, between 4 ms and 12 ms. p99: no values.` */
export function describe(unit: Unit, times: readonly number[], series: readonly Described[]): string {
  const first = times[0];
  if (first === undefined || series.length === 0) return 'No values.';
  const lines = series.map(({ label, values }) => `${label}: ${describeValues(unit, values)}.`);
  return `${clock(first)} to ${clock(times.at(-1)!)}. ${lines.join(' ')}`;
}

function describeValues(unit: Unit, values: Values): string {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return 'no values';
  const least = known.reduce((a, b) => Math.min(a, b));
  const most = known.reduce((a, b) => Math.max(a, b));
  const last = values.at(-1) ?? null;
  const now = last === null ? 'now not known' : `now ${format(unit, last)}`;
  return `${now}, between ${format(unit, least)} and ${format(unit, most)}`;
}
