/** What the list of adapters may hold, and the variables that adapters read themselves. */
import type { AdapterEntry, AdapterName } from '../config.ts';
import { reasonOf } from '../errors.ts';
import { isRecord, itemsOf, type Kind, parseList, type Reading, show, showSome } from './kinds.ts';

/** What this version has. */
export const ADAPTERS: readonly AdapterName[] = Object.freeze(['prometheus', 'graphite', 'otlp', 'pushgateway']);

/** Adapters whose options go to them as they are; `prometheus` has settings of its own. */
export const PASSED_OPTIONS = Object.freeze(['graphite', 'otlp', 'pushgateway'] as const);

/** Our own variables that adapters read, each with its meaning. `docs/configuration.md` is compared with this list. */
export const ADAPTER_VARIABLES: Readonly<Record<string, string>> = Object.freeze({
  LOADLINE_GRAPHITE_URL: 'Where carbon takes plaintext lines: `tcp://host:2003`.',
  LOADLINE_GRAPHITE_FORMAT: '`tagged` (`name;tag=value`) or `dotted`.',
  LOADLINE_GRAPHITE_TEMPLATE: 'The path of a dotted series: `{service}.{host}.{metric}.{attributes}`.',
  LOADLINE_GRAPHITE_SPOOL_BYTES: 'Bytes of lines that wait for carbon at most.',
  LOADLINE_GRAPHITE_SPOOL_AGE: 'Seconds that a line waits at most.',
  LOADLINE_GRAPHITE_TRANSPORT: '`graphite` for a client of that npm package.',
  LOADLINE_PUSHGATEWAY_URL: 'Where the Pushgateway is: `http://host:9091`.',
  LOADLINE_PUSHGATEWAY_JOB: 'The job that metrics are pushed under.',
  LOADLINE_PUSHGATEWAY_GROUPING: 'Further grouping labels: `key=value` pairs.',
  LOADLINE_PUSHGATEWAY_DELETE: '`true` deletes the group when the process stops.',
});

/** Longest module specifier, in characters. */
const SPECIFIER_LIMIT = 4096;

/**
 * A list of adapters: names, and as an option also modules. `none` switches all off, also beside others. A list in
 * which nothing is usable is no list, so that the default holds: OpenTelemetry has an unknown value ignored.
 */
export const adaptersKind: Kind<readonly AdapterEntry[]> = {
  allowed: `a list of ${ADAPTERS.join(', ')}, or none (as an option also modules, such as { module: 'my-adapter' })`,
  parse: (text) => parseList(text, choose),
  check(value) {
    const items = itemsOf(value);
    return items === undefined ? { bad: show(value) } : choose(items);
  },
  say: (value) => value.map((entry) => (typeof entry === 'string' ? entry : entry.module)).join(',') || 'none',
};

function choose(found: readonly unknown[]): Reading<readonly AdapterEntry[]> {
  const items = [...new Set(found.map((item) => (typeof item === 'string' ? item.trim().toLowerCase() : item)))];
  const off = Object.freeze([]);
  if (items.includes('none')) return items.length === 1 ? { value: off } : { value: off, bad: '"none" beside others' };
  const value: AdapterEntry[] = [];
  const bad: string[] = [];
  for (const item of items) {
    const entry = entryOf(item);
    if (typeof entry === 'object' && 'bad' in entry) bad.push(entry.bad);
    else value.push(entry);
  }
  return {
    value: value.length > 0 || bad.length === 0 ? Object.freeze(value) : undefined,
    bad: bad.length > 0 ? showSome(bad) : undefined,
  };
}

function entryOf(item: unknown): AdapterEntry | { readonly bad: string } {
  const name = ADAPTERS.find((each) => each === item);
  if (name !== undefined) return name;
  if (!isRecord(item)) return { bad: show(item) };
  const { module, options } = item as { module?: unknown; options?: unknown };
  if (typeof module !== 'string' || module.trim() === '' || module.length > SPECIFIER_LIMIT) {
    return { bad: 'an object without a module specifier' };
  }
  const copied = copyOf(options);
  return 'bad' in copied
    ? { bad: `${show(module)} with options that are ${copied.bad}` }
    : freeze(module, copied.value);
}

function freeze(module: string, options: unknown): AdapterEntry {
  return Object.freeze({ module, options });
}

/** The options of a built-in adapter, which checks them itself: any object that can be cloned. */
export const passedOptions: Kind<object> = {
  allowed: 'an object that structuredClone takes (texts, numbers, lists, maps; no functions)',
  parse: (found) => ({ bad: show(found) }),
  check(value) {
    if (!isRecord(value)) return { bad: show(value) };
    const copied = copyOf(value);
    return 'bad' in copied ? { bad: copied.bad } : { value: copied.value as object };
  },
  say: () => 'none',
};

/** A frozen copy. Absent options are an empty object, so that a factory need not ask. */
function copyOf(options: unknown): { readonly value: unknown } | { readonly bad: string } {
  try {
    return { value: deepFreeze(structuredClone(options ?? {})) };
  } catch (error) {
    return { bad: `not cloneable (${reasonOf(error)})` };
  }
}

/** Buffers stay as they are: nothing can freeze them. */
function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const part of Object.values(value)) deepFreeze(part);
  return value;
}
