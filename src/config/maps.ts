/** Readers of the two settings that are maps: resource attributes and histogram bounds. */
import type { Attributes } from '../snapshot/metric.ts';
import { entriesOf, itemsOf, type Kind, type Reading, show, showItems, showSome, split } from './kinds.ts';

/** Metric name → ascending upper bounds. */
export type Bounds = Readonly<Record<string, readonly number[]>>;

/** Most bounds of one histogram. */
const BOUND_LIMIT = 64;

/**
 * Resource attributes. As a text: `key=value` pairs between commas, both percent-decoded, and one bad pair discards
 * all of them (OpenTelemetry, "Specifying resource information via an environment variable"); `=` and `,` within a
 * key or value must be encoded. As an option: what is not a text, a finite number or a boolean is left out.
 */
export const resourceKind: Kind<Attributes> = {
  allowed: 'key=value pairs with percent-encoded values (as an option: texts, finite numbers or booleans)',
  parse(text) {
    const pairs = split(text, ',').map(decodePair);
    const bad = pairs.find((pair) => typeof pair === 'string');
    return bad === undefined ? { value: mapOf(pairs as [string, string][]) } : { bad };
  },
  check(value) {
    const entries = entriesOf(value);
    if (entries === undefined) return { bad: show(value) };
    return collect(entries, (key, item) => (key !== '' && isAttribute(item) ? item : undefined));
  },
};

/** Histogram bounds per metric; `a=0.1,1;b=5` as a text. A metric whose bounds do not fit is left out. */
export const boundsKind: Kind<Bounds> = {
  allowed: `metric names with 1 to ${BOUND_LIMIT} ascending finite bounds each`,
  parse(text) {
    const parts = split(text, ';');
    const entries = parts.map((part): [string, unknown] => {
      const [name = '', numbers = '', ...rest] = part.split('=').map((side) => side.trim());
      return [name, rest.length > 0 ? part : numbers.split(',').map(decimal)];
    });
    return collect(entries, boundsOf, (_, i) => show(parts[i]));
  },
  check(value) {
    const entries = entriesOf(value);
    return entries === undefined ? { bad: show(value) } : collect(entries, boundsOf);
  },
};

/** Entries of both; on the same key the second wins. Has no prototype, so that no key is special. */
export function merge<T>(low: Readonly<Record<string, T>>, high: Readonly<Record<string, T>>) {
  return mapOf([...Object.entries(low), ...Object.entries(high)]);
}

/** The pair, or as a text what is wrong. */
function decodePair(pair: string): [string, string] | string {
  const sides = pair.split('=');
  if (sides.length !== 2 || sides[0]!.trim() === '') return show(pair);
  try {
    return [decodeURIComponent(sides[0]!.trim()), decodeURIComponent(sides[1]!.trim())];
  } catch (malformed) {
    if (malformed instanceof URIError) return show(pair);
    throw malformed;
  }
}

function isAttribute(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value);
}

/** A plain decimal, else NaN: no exponent, hexadecimal or blank. */
function decimal(found: string): number {
  return /^-?\d+(\.\d+)?$/.test(found.trim()) ? Number(found) : Number.NaN;
}

function boundsOf(name: string, value: unknown): readonly number[] | undefined {
  const bounds = itemsOf(value) as number[] | undefined;
  if (!/^[a-z][\w./-]{0,254}$/i.test(name) || bounds === undefined) return undefined;
  if (bounds.length < 1 || bounds.length > BOUND_LIMIT || !bounds.every(Number.isFinite)) return undefined;
  return bounds.every((bound, i) => i === 0 || bound > bounds[i - 1]!) ? Object.freeze(bounds) : undefined;
}

/** The entries that `accept` takes, and the others as findings. */
function collect<T>(
  entries: readonly [string, unknown][],
  accept: (key: string, value: unknown) => T | undefined,
  found = ([key, value]: [string, unknown], _: number) => `${show(key)} with ${showItems(value)}`,
): Reading<Readonly<Record<string, T>>> {
  const good: [string, T][] = [];
  const bad: string[] = [];
  entries.forEach((entry, i) => {
    const accepted = accept(...entry);
    if (accepted === undefined) bad.push(found(entry, i));
    else good.push([entry[0], accepted]);
  });
  return bad.length > 0 ? { value: mapOf(good), bad: showSome(bad) } : { value: mapOf(good) };
}

function mapOf<T>(entries: Iterable<[string, T]>): Readonly<Record<string, T>> {
  const map: Record<string, T> = Object.create(null);
  for (const [key, value] of entries) map[key] = value;
  return Object.freeze(map);
}
