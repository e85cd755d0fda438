/** What a chart's axis shows. Pure. */
import type { Unit } from './units.ts';
import { figures, format } from './units.ts';

/** The least that the top of an axis stands for, so that noise around nothing does not fill a chart. */
const LEAST: Readonly<Record<Unit, number>> = {
  seconds: 0.001,
  bytes: 1e6,
  share: 0.05,
  rate: 1,
  cores: 0.1,
  count: 4,
  number: 1,
};

/** From 0, or from below where values are negative, with a little room. */
export function axisRange(unit: Unit, least: number | null, most: number | null): [number, number] {
  const top = Math.max(LEAST[unit], (most ?? 0) * 1.08);
  const bottom = (least ?? 0) < 0 ? least! * 1.08 : 0;
  return [bottom, top];
}

const DECIMAL = [1, 2, 5];

/** Distances between two marks that read well: steps of 1, 2, 5. */
export function increments(unit: Unit): number[] {
  const smallest = unit === 'count' || unit === 'bytes' ? 0 : -9;
  const powers = Array.from({ length: 13 - smallest }, (_, i) => smallest + i);
  return powers.flatMap((power) => DECIMAL.map((step) => Number(`${step}e${power}`)));
}

/** A mark's text: shorter than the value's own. */
export function tickText(unit: Unit, value: number): string {
  if (value === 0) return '0';
  if (unit === 'cores') return figures(value);
  if (unit === 'rate' && Math.abs(value) >= 10_000) return `${figures(value / 1000)}k/s`;
  return format(unit, value);
}

/** A limit far above everything is not drawn: it would press the rest flat. */
export function isInSight(limit: number | null, most: number | null): boolean {
  return limit !== null && (most ?? 0) >= limit / 4;
}
