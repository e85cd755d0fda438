/** The bridge to a prom-client registry: what the agent shows, in the page that the app serves itself. */
import { agentSnapshot, BRIDGED, PROM_CLIENT_SCOPE, warnOnce } from '../src/bridge.ts';
import { type Distribution, type Family, toFamilies } from '../src/exposition/families.ts';
import { canonicalFloat } from '../src/exposition/text.ts';
import type { Snapshot } from '../src/snapshot/snapshot.ts';
import type { PromData, PromMetric, PromRegistry, PromValue } from './prom-client-types.ts';

/** One family of the agent's as an entry of the registry. */
interface Entry extends PromMetric {
  /** An OpenMetrics registry takes `_total` off for good, so the answer has what stands here. */
  name: string;
  readonly type: string;
  data: Omit<PromData, 'name'>;
  reset(): void;
}

/**
 * Puts what the agent shows, host numbers and every sampler included, into a registry of prom-client 14 or 15 or
 * @prometheus-io/client, anew whenever the registry is asked for `metrics()` or `getMetricsAsJSON()`; those two of this
 * registry object are wrapped for that. Left out: what `fromPromClient` brought in, names that the app has itself (said
 * once), and `target_info`. Without a running agent nothing is added.
 *
 * @returns The function that takes everything out again.
 * @example
 * import { toPromClient } from 'loadline/adapters/prom-client';
 * import { register } from 'prom-client';
 * toPromClient(register);
 */
export function toPromClient(
  registry: PromRegistry,
  take: () => Promise<Snapshot | undefined> = () => agentSnapshot(PROM_CLIENT_SCOPE),
): () => void {
  const entries = new Map<string, Entry>();
  const refresh = async () => {
    const snapshot = await take();
    if (!stopped) update(registry, entries, snapshot);
  };
  let stopped = false;
  const unwrap = (['metrics', 'getMetricsAsJSON'] as const).map((name) => wrap(registry, name, refresh));
  return () => {
    stopped = true;
    for (const each of unwrap) each();
    update(registry, entries, undefined);
  };
}

/** Lets a method of this one object wait for `before`; returns what takes that back. */
function wrap(registry: PromRegistry, name: 'metrics' | 'getMetricsAsJSON', before: () => Promise<void>): () => void {
  const own = Object.getOwnPropertyDescriptor(registry, name);
  const method = registry[name] as (...args: unknown[]) => Promise<unknown>;
  const wrapped = async (...args: unknown[]) => {
    await before();
    return method.apply(registry, args);
  };
  Object.defineProperty(registry, name, { value: wrapped, configurable: true, writable: true });
  return () => {
    if (registry[name] !== (wrapped as unknown)) return;
    if (own) Object.defineProperty(registry, name, own);
    else Reflect.deleteProperty(registry, name);
  };
}

function update(registry: PromRegistry, entries: Map<string, Entry>, snapshot: Snapshot | undefined): void {
  const families = snapshot === undefined ? [] : toFamilies(withoutBridged(snapshot)).families;
  const next = new Map(families.map((family) => [nameOf(family), family]));
  for (const [name, entry] of entries) {
    const family = next.get(name);
    if (family !== undefined && TYPES[family.kind] === entry.type) continue;
    entries.delete(name);
    if (registry.getSingleMetric(entry.name) === entry) registry.removeSingleMetric(entry.name);
  }
  for (const [name, family] of next) {
    const entry = entries.get(name);
    const data = dataOf(name, family);
    if (entry !== undefined) entry.data = data;
    enter(registry, entries, name, entry ?? createEntry(name, data));
  }
}

/** `registry.clear()` may have taken it out; a name that the app has stays the app's. */
function enter(registry: PromRegistry, entries: Map<string, Entry>, name: string, entry: Entry): void {
  entry.name = name;
  const family = name.replace(/_total$/, '');
  const holder = registry.getSingleMetric(name) ?? registry.getSingleMetric(family);
  if (holder !== undefined && holder !== entry) {
    const params = { metric: name, bridge: 'loadline', reason: 'the registry has a metric of this name' };
    warnOnce('ERR_LOADLINE_BRIDGE_METRIC', name, params);
    return;
  }
  registry.registerMetric(entry as never);
  entries.set(name, entry);
}

/** What came from a registry by `fromPromClient` is there already. */
function withoutBridged(snapshot: Snapshot): Snapshot {
  return { ...snapshot, metrics: snapshot.metrics.filter(({ scope }) => scope.name !== PROM_CLIENT_SCOPE) };
}

const TYPES = { counter: 'counter', updown: 'gauge', gauge: 'gauge', histogram: 'histogram' } as const;

function nameOf({ kind, name }: Family): string {
  return kind === 'counter' ? `${name}_total` : name;
}

function createEntry(name: string, data: Entry['data']): Entry {
  const entry: Entry = {
    name,
    type: data.type,
    data,
    get() {
      return Promise.resolve({ name: entry.name, ...entry.data });
    },
    reset() {
      // `registry.resetMetrics()` calls it; what the agent counts is not the registry's to reset.
    },
  };
  return Object.defineProperty(entry, BRIDGED, { value: true });
}

/** In a cluster counters and histograms add up and gauges do not, which is what `omit` is for. */
function dataOf(name: string, { kind, help, labels, series }: Family): Entry['data'] {
  const values: PromValue[] = [];
  for (const [i, { value }] of series.entries()) {
    const those = labelsIn(labels[i]!);
    if (typeof value === 'number') values.push({ value, labels: those });
    else values.push(...bucketsOf(name, those, value));
  }
  return { help: help || name, type: TYPES[kind], values, aggregator: kind === 'gauge' ? 'omit' : 'sum' };
}

function bucketsOf(name: string, labels: object, { bounds, counts, sum }: Distribution): PromValue[] {
  const values: PromValue[] = [];
  let cumulative = 0;
  for (let i = 0; i <= bounds.length; i++) {
    cumulative += counts[i]!;
    const le = i < bounds.length ? canonicalFloat(bounds[i]!) : '+Inf';
    values.push({ metricName: `${name}_bucket`, labels: { le, ...labels }, value: cumulative });
  }
  values.push({ metricName: `${name}_sum`, labels, value: sum });
  values.push({ metricName: `${name}_count`, labels, value: cumulative });
  return values;
}

/** `a="1",b="x\"y"` → `{ a: '1', b: 'x"y' }`: the label text of the exposition, read back. */
export function labelsIn(text: string): Record<string, string> {
  const labels: [string, string][] = [];
  for (const [, name, value] of text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/gs)) {
    labels.push([name!, value!.replace(/\\(.)/gs, (_, sign: string) => (sign === 'n' ? '\n' : sign))]);
  }
  return Object.fromEntries(labels);
}
