/**
 * Metric names and units as Prometheus wants them. Source: OpenTelemetry specification, "Prometheus and OpenMetrics
 * Compatibility", and OpenMetrics 1.0. Pure.
 */
import type { Metric } from '../snapshot/metric.ts';

/** A family's name in OpenMetrics' sense: with its unit, without `_total`. Two metrics may share one. */
export interface FamilyName {
  /** Matches `[a-zA-Z_][a-zA-Z0-9_]*`. */
  readonly name: string;
  /** Prometheus' word for the unit, `''` for none. The name ends in `_` + unit, except where the name is the unit. */
  readonly unit: string;
}

const UNITS: ReadonlyMap<string, string> = new Map([
  ['d', 'days'],
  ['h', 'hours'],
  ['min', 'minutes'],
  ['s', 'seconds'],
  ['ms', 'milliseconds'],
  ['us', 'microseconds'],
  ['ns', 'nanoseconds'],
  ['By', 'bytes'],
  ['KiBy', 'kibibytes'],
  ['MiBy', 'mebibytes'],
  ['GiBy', 'gibibytes'],
  ['TiBy', 'tibibytes'],
  ['kBy', 'kilobytes'],
  ['KBy', 'kilobytes'],
  ['MBy', 'megabytes'],
  ['GBy', 'gigabytes'],
  ['TBy', 'terabytes'],
  ['m', 'meters'],
  ['V', 'volts'],
  ['A', 'amperes'],
  ['J', 'joules'],
  ['W', 'watts'],
  ['g', 'grams'],
  ['Cel', 'celsius'],
  ['Hz', 'hertz'],
  ['%', 'percent'],
  ['1', ''],
]);

const PER_UNITS: ReadonlyMap<string, string> = new Map([
  ['s', 'second'],
  ['ms', 'millisecond'],
  ['min', 'minute'],
  ['h', 'hour'],
  ['d', 'day'],
  ['wk', 'week'],
  ['mo', 'month'],
  ['a', 'year'],
  ['By', 'byte'],
]);

/** OpenTelemetry API: a unit has at most 63 characters. */
const MAX_UNIT_LENGTH = 63;

const cache = new WeakMap<Metric, FamilyName>();

/** The family that a metric belongs to. Remembered per metric object: metrics are constants of their producers. */
export function familyName(metric: Metric): FamilyName {
  let family = cache.get(metric);
  if (family === undefined) {
    family = makeFamilyName(metric);
    cache.set(metric, family);
  }
  return family;
}

function makeFamilyName(metric: Metric): FamilyName {
  let name = sanitizeMetricName(metric.name);
  if (metric.kind === 'counter') name = withoutTotal(name);
  const unit = metric.kind === 'gauge' && metric.unit === '1' ? 'ratio' : unitWord(metric.unit ?? '');
  if (unit !== '' && name !== unit && !name.endsWith(`_${unit}`)) name = name === '_' ? `_${unit}` : `${name}_${unit}`;
  return { name, unit };
}

/** `_total` belongs to a counter's samples. A name that is nothing else keeps it, since a family needs a name. */
function withoutTotal(name: string): string {
  return name.endsWith('_total') && name.length > '_total'.length ? name.slice(0, -'_total'.length) : name;
}

/** Colons are valid in Prometheus but belong to its recording rules, so they go as every other sign does. */
function sanitizeMetricName(name: string): string {
  const folded = fold(name);
  const trimmed = folded.endsWith('_') && folded.length > 1 ? folded.slice(0, -1) : folded;
  if (trimmed === '') return '_';
  return startsWithDigit(trimmed) ? `_${trimmed}` : trimmed;
}

/** An attribute key as a label name. Never starts with `__`, which Prometheus reserves. */
export function labelName(key: string): string {
  const folded = fold(key);
  if (folded === '') return '_';
  return startsWithDigit(folded) ? `key_${folded}` : folded;
}

/** `By/s` → `bytes_per_second`, `{request}` → ``, `widgets` → `widgets`. */
function unitWord(unit: string): string {
  const plain = unit.slice(0, MAX_UNIT_LENGTH).replace(/\{[^}]*\}?/g, '');
  const slash = plain.indexOf('/');
  if (slash < 0) return wordOf(plain, UNITS);
  const of = wordOf(plain.slice(0, slash), UNITS);
  const per = wordOf(plain.slice(slash + 1), PER_UNITS);
  if (per === '') return of;
  return of === '' ? `per_${per}` : `${of}_per_${per}`;
}

function wordOf(unit: string, words: ReadonlyMap<string, string>): string {
  const trimmed = unit.trim();
  return words.get(trimmed) ?? fold(trimmed).replace(/^_|_$/g, '');
}

function fold(text: string): string {
  return text.replace(/[^a-zA-Z0-9]+/g, '_');
}

function startsWithDigit(text: string): boolean {
  const code = text.charCodeAt(0);
  return code >= 48 && code <= 57;
}
