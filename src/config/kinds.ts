/** The kinds of value that a setting can have: strict readers of a text (environment) and of a JavaScript value (option). */
import { isIP } from 'node:net';

/** What a reader made of its input. Both at once: the usable part of a list or map, and what was wrong with the rest. */
export interface Reading<T> {
  /** Absent: nothing usable. */
  readonly value?: T;
  /** What was found, fit for a log line. Absent: nothing was wrong. */
  readonly bad?: string;
}

/** One kind of value. Neither reader trusts its input; `check` may throw where a getter or proxy of the user does. */
export interface Kind<T> {
  /** Completes "it must be …". */
  readonly allowed: string;
  /** Reads the text of an environment variable, trimmed and not empty unless {@link emptyText} is set. */
  parse(text: string): Reading<T>;
  /** Reads an option that is not `undefined`. */
  check(value: unknown): Reading<T>;
  /** The value that an empty environment variable stands for. Default: it counts as unset. */
  readonly emptyText?: T;
  /** How a problem names the value that was taken. Default: as text. */
  say?(value: T): string;
}

/** Most items a list or map may have: more is a mistake, and reading it would take noticeable time. */
const ITEM_LIMIT = 1000;
/** Longest found value that a problem shows, in characters. */
const SHOWN = 80;

/** Any value as a short text, strings in quotes. Runs no code of the value, so it never throws. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > SHOWN ? `${value.slice(0, SHOWN)}…` : value);
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'object' && value !== null) return 'an object';
  return String(value);
}

/** {@link show} for lists: their items. May throw where the list's own code does. */
export function showItems(value: unknown): string {
  const items = itemsOf(value);
  return items === undefined ? show(value) : `[${showSome(items.map(show))}]`;
}

/** The items of an array of at most 1000, holes as `undefined`; `undefined` for anything else. Asks no iterator. */
export function itemsOf(value: unknown): unknown[] | undefined {
  if (!Array.isArray(value) || value.length > ITEM_LIMIT) return undefined;
  return Array.from({ length: value.length }, (_, i) => value[i]);
}

/** Whether a value is an object to take options from, of any realm: no list, map, promise or other built-in. */
export function isRecord(value: unknown): value is object {
  return Object.prototype.toString.call(value) === '[object Object]';
}

/** Whole decimal numbers from `minimum` to `maximum`; `unit` completes "a whole number …". */
export function whole(minimum: number, maximum: number, unit = ''): Kind<number> {
  const fits = (value: number) => Number.isInteger(value) && value >= minimum && value <= maximum;
  return {
    allowed: `a whole number ${unit}from ${minimum} to ${maximum}`,
    parse: (text) => (/^\d+$/.test(text) && fits(Number(text)) ? { value: Number(text) } : { bad: show(text) }),
    check: (value) => (typeof value === 'number' && fits(value) ? { value: value + 0 } : { bad: show(value) }),
  };
}

/** A boolean whose environment variable has the opposite sense: "true" switches off. */
export const switchedOff: Kind<boolean> = {
  allowed: 'true or false',
  parse(text) {
    const lower = text.toLowerCase();
    return lower === 'true' || lower === 'false' ? { value: lower === 'false' } : { bad: show(text) };
  },
  check: (value) => (typeof value === 'boolean' ? { value } : { bad: show(value) }),
  say: (value) => (value ? 'the agent runs' : 'the agent is off'),
};

/** A boolean of our own variables. */
export const onOff: Kind<boolean> = {
  allowed: '1 or 0',
  parse: (text) => (text === '1' || text === '0' ? { value: text === '1' } : { bad: show(text) }),
  check: (value) => (typeof value === 'boolean' ? { value } : { bad: show(value) }),
  say: (value) => (value ? 'on' : 'off'),
};

/** A text that no message shows: 16 to 256 visible ASCII characters, as a header can carry them. */
export const secret: Kind<string> = (() => {
  const check = (value: unknown): Reading<string> =>
    typeof value === 'string' && /^[!-~]{16,256}$/.test(value) ? { value } : { bad: 'something else (not shown)' };
  return { allowed: 'a text of 16 to 256 visible ASCII characters', parse: check, check, say: sayNoSecret };
})();

function sayNoSecret(value: string): string {
  return value === '' ? 'none' : 'the other one given';
}

/** A text for which `fits` holds. */
export function text(allowed: string, fits: (value: string) => boolean): Kind<string> {
  const check = (value: unknown): Reading<string> =>
    typeof value === 'string' && fits(value) ? { value } : { bad: show(value) };
  return { allowed, parse: check, check };
}

/** One of `names`, in the environment in any case. */
export function choice<Name extends string>(names: readonly Name[]): Kind<Name> {
  const check = (value: unknown): Reading<Name> => {
    const name = names.find((each) => each === value);
    return name === undefined ? { bad: show(value) } : { value: name };
  };
  return { allowed: `one of ${names.join(', ')}`, parse: (found) => check(found.toLowerCase()), check };
}

/**
 * A list, separated by commas in the environment: what does not fit is left out, repetitions are folded. An empty list
 * is a value as an option, and as a text if `emptyText` says so; a list of which nothing fits is none.
 */
export function list(
  allowed: string,
  fits: (item: string) => boolean,
  normal: (item: string) => string = (item) => item,
  emptyText?: readonly string[],
): Kind<readonly string[]> {
  const check = (value: unknown): Reading<readonly string[]> => {
    const items = itemsOf(value);
    if (items === undefined) return { bad: Array.isArray(value) ? `a list of ${value.length}` : show(value) };
    const isGood = (item: unknown): item is string => typeof item === 'string' && fits(item);
    const good = unique(items.filter(isGood).map(normal));
    const bad = items.filter((item) => !isGood(item)).map(show);
    if (bad.length === 0) return { value: good };
    return { value: good.length > 0 ? good : undefined, bad: showSome(bad) };
  };
  return { allowed, parse: (found) => parseList(found, check), check, emptyText };
}

/** A value that was taken, as a short text without quotes; what is empty is `none`. */
export function say(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value) || 'none';
  const parts = Array.isArray(value) ? value : Object.entries(value).map(([key, item]) => `${key}=${item}`);
  return parts.length > 0 ? parts.join(',') : 'none';
}

/** Reads a text as a list, in which separators alone are no list. */
export function parseList<T>(found: string, check: (items: string[]) => Reading<T>): Reading<T> {
  const items = split(found, ',');
  return items.length > 0 ? check(items) : { bad: show(found) };
}

/** The trimmed parts of a text, without empty ones. */
export function split(found: string, separator: string): string[] {
  return found
    .split(separator)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** The first three of some findings. */
export function showSome(findings: readonly string[]): string {
  const rest = findings.length - 3;
  return findings.slice(0, 3).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}

/** Own entries of a plain-looking object, at most 1000; `undefined` for anything else. */
export function entriesOf(value: unknown): [string, unknown][] | undefined {
  if (!isRecord(value)) return undefined;
  const entries = Object.entries(value);
  return entries.length > ITEM_LIMIT ? undefined : entries;
}

/** Whether a text names a host: an IP address, or a host name (RFC 1123) that cannot be mistaken for one. */
export function isHost(value: string): boolean {
  if (isIP(value) !== 0) return true;
  const labels = value.split('.');
  const last = labels.at(-1)!;
  return value.length <= 253 && !/^\d+$/.test(last) && labels.every((l) => /^[a-z\d]([\w-]{0,61}[a-z\d])?$/i.test(l));
}

/** Whether a text is a field name of HTTP (RFC 9110, "token"). */
export function isToken(value: string): boolean {
  return /^[!#$%&'*+.^_`|~\da-z-]+$/i.test(value);
}

function unique(items: readonly string[]): readonly string[] {
  return Object.freeze([...new Set(items)]);
}
