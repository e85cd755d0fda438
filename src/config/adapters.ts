/** Which names `OTEL_METRICS_EXPORTER` may hold, and what each means today. */
import type { AdapterName } from '../config.ts';
import { itemsOf, type Kind, parseList, type Reading, show, showSome } from './kinds.ts';

/** What this version has. */
export const ADAPTERS: readonly AdapterName[] = Object.freeze(['prometheus'] as const);

/** Destinations that have a name already and come later. */
export const RESERVED: readonly string[] = Object.freeze(['otlp', 'graphite']);

/**
 * A list of adapters. `none` switches all off, also beside others. A list of only reserved names is empty: who sends
 * metrics elsewhere did not ask for an open port here. A list of only unknown names is no list, so that the default
 * holds: OpenTelemetry has an unknown value ignored.
 */
export const adaptersKind: Kind<readonly AdapterName[]> = {
  allowed: `a list of ${ADAPTERS.join(', ')}, or none`,
  parse: (text) => parseList(text, choose),
  check(value) {
    const items = itemsOf(value);
    return items === undefined ? { bad: show(value) } : choose(items);
  },
};

function choose(found: readonly unknown[]): Reading<readonly AdapterName[]> {
  const names = [...new Set(found.map((name) => (typeof name === 'string' ? name.trim().toLowerCase() : name)))];
  const off = Object.freeze([]);
  if (names.includes('none')) return names.length === 1 ? { value: off } : { value: off, bad: '"none" beside others' };
  const value = ADAPTERS.filter((name) => names.includes(name));
  const later = RESERVED.filter((name) => names.includes(name));
  const bad = names.filter((name) => ![...ADAPTERS, ...RESERVED].includes(name as string)).map(show);
  return {
    value: value.length > 0 || later.length > 0 || bad.length === 0 ? Object.freeze(value) : undefined,
    bad: bad.length > 0 ? showSome(bad) : undefined,
    later: later.length > 0 ? later.join(', ') : undefined,
  };
}
