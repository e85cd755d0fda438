/** Which names, attributes and values OTLP can carry, the same in all its encodings. Pure. */
import type { Attributes, Metric } from '../src/snapshot/metric.ts';
import type { ExponentialBuckets, HistogramPoint } from '../src/snapshot/snapshot.ts';

/** `Attributes` objects are stable across snapshots, so each set is cleaned once. */
const cleaned = new WeakMap<Attributes, Attributes>();

/** A lone surrogate, which UTF-8 cannot carry, becomes U+FFFD. */
export function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\ufffd');
}

/**
 * The same object when there is nothing to clean. Texts are made well-formed and the empty key, which OTLP forbids,
 * becomes `_`; numbers that JSON or an int64 cannot carry exactly become text, which is how attributes are compared.
 */
export function cleanAttributes(attributes: Attributes): Attributes {
  let clean = cleaned.get(attributes);
  if (clean === undefined) {
    clean = Object.entries(attributes).every(isClean) ? attributes : makeClean(attributes);
    cleaned.set(attributes, clean);
  }
  return clean;
}

type Entry = readonly [key: string, value: string | number | boolean];

function isClean([key, value]: Entry): boolean {
  return key !== '' && wellFormed(key) === key && cleanValue(value) === value;
}

/** Without a prototype, so that a key may be `__proto__`. */
function makeClean(attributes: Attributes): Attributes {
  const clean: Record<string, string | number | boolean> = Object.create(null);
  for (const [key, value] of Object.entries(attributes)) clean[wellFormed(key) || '_'] = cleanValue(value);
  return clean;
}

function cleanValue(value: string | number | boolean): string | number | boolean {
  if (typeof value === 'boolean') return value;
  if (typeof value !== 'number') return wellFormed(String(value));
  const fits = Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
  return fits ? value : String(value);
}

/** Why a metric cannot be sent at all. Replacing letters of a name could make two metrics one, so none is. */
export function problemOfName(name: string): string | undefined {
  if (name === '') return 'its name is empty';
  return wellFormed(name) === name ? undefined : 'its name is no valid Unicode';
}

/** OTLP data model: a monotonic sum is not negative, a bucket count is a whole number. NaN is never sent. */
export function isUsable(metric: Metric, value: number | HistogramPoint): boolean {
  if (typeof value === 'number') {
    return metric.kind !== 'histogram' && Number.isFinite(value) && (metric.kind !== 'counter' || value >= 0);
  }
  const { bounds } = metric;
  if (metric.kind !== 'histogram' || bounds === undefined || !areAscending(bounds)) return false;
  return value.counts.length === bounds.length + 1 && areCounts(value.counts) && Number.isFinite(value.sum);
}

/** The exponential buckets where there are any that OTLP can carry. */
export function usableExponential({ exponential }: HistogramPoint): ExponentialBuckets | undefined {
  if (exponential === undefined) return undefined;
  const { scale, offset, counts, zeroCount } = exponential;
  const fits = isInt32(scale) && isInt32(offset) && areCounts(counts) && areCounts([zeroCount]);
  return fits ? exponential : undefined;
}

function isInt32(value: number): boolean {
  return (value | 0) === value;
}

function areCounts(counts: ArrayLike<number>): boolean {
  for (let i = 0; i < counts.length; i++) if (!(Number.isSafeInteger(counts[i]) && counts[i]! >= 0)) return false;
  return true;
}

function areAscending(bounds: readonly number[]): boolean {
  return bounds.every((bound, i) => Number.isFinite(bound) && (i === 0 || bound > bounds[i - 1]!));
}
