/**
 * What a collector lets in (SPEC.md, "What is refused"). Each function takes what a sampler gave and returns a frozen
 * copy, or the reason for refusing it; every property is read once. They throw when a getter or a Proxy does.
 */
import type { Attributes, HistogramValue, Metric, Scope } from '../snapshot/metric.ts';
import type { HistogramPoint } from '../snapshot/snapshot.ts';

/** Why a value was not taken. Constants, so that refusing costs no stack trace. */
export class Refusal {
  readonly reason: string;
  constructor(reason: string) {
    this.reason = reason;
  }
}

export const MAX_ATTRIBUTES = 64;
export const MAX_BOUNDS = 256;
export const MAX_KEY_LENGTH = 255;
export const MAX_TEXT_LENGTH = 1024;
export const MAX_UNIT_LENGTH = 63;

/** OpenTelemetry, "Instrument name syntax". */
const NAME = /^[A-Za-z][A-Za-z0-9_./-]{0,254}$/;
const KINDS: ReadonlySet<unknown> = new Set(['counter', 'updown', 'gauge', 'histogram']);
const NO_ATTRIBUTES: Attributes = Object.freeze({});

export const UNREADABLE = new Refusal('reading it threw');
export const DUPLICATE = new Refusal('the same series was put twice in one round');
export const CONFLICT = new Refusal('the name is taken by a metric of another kind, unit or bounds');
export const TOO_MANY_METRICS = new Refusal('the sampler has too many metrics');
const BAD_NAME = new Refusal('the name must be 1 to 255 of A-Z a-z 0-9 _ . - / and begin with a letter');
const BAD_KIND = new Refusal('the kind must be counter, updown, gauge or histogram');
const BAD_UNIT = new Refusal(`the unit must be a string of at most ${MAX_UNIT_LENGTH} characters`);
const BAD_BOUNDS = new Refusal(`a histogram needs at most ${MAX_BOUNDS} ascending, finite bounds`);
const BAD_NUMBER = new Refusal('the value must be a finite number');
const NEGATIVE_COUNTER = new Refusal('a counter must not be negative');
const BAD_HISTOGRAM = new Refusal('a histogram value must have a finite sum and bounds.length + 1 counts');
const BAD_COUNT = new Refusal('a bucket count must be an integer of 0 or more');
const BAD_ATTRIBUTES = new Refusal('attributes must be a plain object');
const BAD_KEY = new Refusal(`an attribute key must have 1 to ${MAX_KEY_LENGTH} characters`);
const BAD_ATTRIBUTE = new Refusal(
  `an attribute must be a boolean, a finite number or a string of at most ${MAX_TEXT_LENGTH} characters`,
);
const MANY_ATTRIBUTES = new Refusal(`there are more than ${MAX_ATTRIBUTES} attributes`);

/** A frozen copy with `bounds` on histograms only; an empty unit and an unfit help text become absent. */
export function readMetric(given: Metric): Metric | Refusal {
  const { name, kind, help } = given;
  if (typeof name !== 'string' || !NAME.test(name)) return BAD_NAME;
  if (!KINDS.has(kind)) return BAD_KIND;
  const unit = given.unit || undefined;
  if (unit !== undefined && (typeof unit !== 'string' || unit.length > MAX_UNIT_LENGTH)) return BAD_UNIT;
  const metric: { -readonly [K in keyof Metric]: Metric[K] } = { name, kind };
  if (unit !== undefined) metric.unit = unit;
  if (typeof help === 'string' && help.length <= MAX_TEXT_LENGTH) metric.help = help;
  if (kind === 'histogram') {
    const bounds = readBounds(given.bounds);
    if (bounds instanceof Refusal) return bounds;
    metric.bounds = bounds;
  }
  return Object.freeze(metric);
}

function readBounds(given: unknown): readonly number[] | Refusal {
  if (!Array.isArray(given) || given.length > MAX_BOUNDS) return BAD_BOUNDS;
  const bounds: unknown[] = Array.from(given);
  const ascending = bounds.every((bound, i) => Number.isFinite(bound) && (i === 0 || bound! > bounds[i - 1]!));
  return ascending ? Object.freeze(bounds as number[]) : BAD_BOUNDS;
}

/** Whether `given` describes the metric already known under its name. */
export function agrees(known: Metric, given: Metric): boolean {
  if (given.kind !== known.kind || (given.unit || undefined) !== known.unit) return false;
  if (known.bounds === undefined) return true;
  const bounds = given.bounds;
  if (bounds === known.bounds) return true;
  return bounds?.length === known.bounds.length && known.bounds.every((bound, i) => bound === bounds[i]);
}

/** A frozen copy without the keys whose value is `undefined`. */
export function readAttributes(given: unknown): Attributes | Refusal {
  if (given === undefined) return NO_ATTRIBUTES;
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return BAD_ATTRIBUTES;
  const keys = Object.keys(given);
  if (keys.length > MAX_ATTRIBUTES) return MANY_ATTRIBUTES;
  const entries: [string, string | number | boolean][] = [];
  for (const key of keys) {
    const value: unknown = (given as Record<string, unknown>)[key];
    if (value === undefined) continue;
    if (key.length === 0 || key.length > MAX_KEY_LENGTH) return BAD_KEY;
    if (!isAttribute(value)) return BAD_ATTRIBUTE;
    entries.push([key, value]);
  }
  return Object.freeze(Object.fromEntries(entries));
}

function isAttribute(value: unknown): value is string | number | boolean {
  if (typeof value === 'string') return value.length <= MAX_TEXT_LENGTH;
  return typeof value === 'boolean' || Number.isFinite(value);
}

/** A number as it is, a histogram as a copy that later writes to the sampler's own arrays do not reach. */
export function readValue(metric: Metric, given: unknown): number | HistogramPoint | Refusal {
  if (metric.kind === 'histogram') return readHistogram(metric.bounds!.length + 1, given);
  if (typeof given !== 'number' || !Number.isFinite(given)) return BAD_NUMBER;
  return metric.kind === 'counter' && given < 0 ? NEGATIVE_COUNTER : given;
}

function readHistogram(buckets: number, given: unknown): HistogramPoint | Refusal {
  if (typeof given !== 'object' || given === null) return BAD_HISTOGRAM;
  const { counts, sum } = given as HistogramValue;
  if (typeof sum !== 'number' || !Number.isFinite(sum)) return BAD_HISTOGRAM;
  if (typeof counts !== 'object' || counts === null || counts.length !== buckets) return BAD_HISTOGRAM;
  const copy: number[] = [];
  for (let i = 0; i < buckets; i++) {
    const count = counts[i];
    if (!Number.isSafeInteger(count) || count! < 0) return BAD_COUNT;
    copy.push(count!);
  }
  return { counts: copy, sum };
}

/** The sampler's scope, or `undefined` when it is no sampler at all. */
export function readScope(given: unknown): Scope | undefined {
  if (given === null || (typeof given !== 'object' && typeof given !== 'function')) return undefined;
  const { scope, sample } = given as { scope?: { name?: unknown; version?: unknown }; sample?: unknown };
  if (typeof sample !== 'function' || typeof scope !== 'object' || scope === null) return undefined;
  const { name, version } = scope;
  if (!isLabel(name)) return undefined;
  return Object.freeze(isLabel(version) ? { name, version } : { name });
}

function isLabel(given: unknown): given is string {
  return typeof given === 'string' && given.length > 0 && given.length <= MAX_KEY_LENGTH;
}
