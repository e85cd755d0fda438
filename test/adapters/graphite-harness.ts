/** The adapter as the reporter drives it, and what it counted. */
import createGraphite, { type GraphiteOptions } from '../../adapters/graphite.ts';
import type { Adapter, Outcome } from '../../src/reporter/adapter.ts';
import type { Attributes, Metric } from '../../src/snapshot/metric.ts';
import type { Point, Snapshot } from '../../src/snapshot/snapshot.ts';
import type { Owner } from '../support/child.ts';

export interface Driven {
  readonly counts: Readonly<Record<Outcome, number>>;
  readonly lines: readonly string[];
  push(snapshot: Snapshot): Promise<void>;
  /** `limit`: ms. */
  close(limit: number): Promise<void>;
}

/** A fresh adapter, closed with the test. */
export async function drive(owner: Pick<Owner, 'teardown'>, options: GraphiteOptions): Promise<Driven> {
  const counts = { sent: 0, failed: 0, dropped: 0, unknown: 0, spooled: 0 };
  const lines: string[] = [];
  const adapter: Adapter = await createGraphite(options, {
    interval: 1000,
    snapshot: () => Promise.reject(new Error('pushing adapters do not ask')),
    count(outcome, points) {
      counts[outcome] += points;
    },
    log: (line) => lines.push(line),
  });
  owner.teardown(() => adapter.close!(AbortSignal.abort()));
  return {
    counts,
    lines,
    push: (snapshot) => adapter.push!(snapshot, new AbortController().signal),
    async close(limit) {
      const timer = new AbortController();
      const handle = setTimeout(() => timer.abort(), limit);
      await adapter.close!(timer.signal);
      clearTimeout(handle);
    },
  };
}

export const RESOURCE: Attributes = {
  'service.name': 'shop',
  'host.name': 'web1',
  'service.instance.id': '7',
};

export type Entry = readonly [metric: Metric, value: Point['value'], attributes?: Attributes];

/** One interval of a second that ends at `time`, epoch s. */
export function interval(time: number, entries: readonly Entry[], scope = 'test'): Snapshot {
  return {
    time: time * 1000,
    resource: RESOURCE,
    metrics: entries.map(([metric, value, attributes = {}]) => ({
      metric,
      scope: { name: scope },
      points: [{ attributes, startTime: time * 1000 - 1000, value }],
    })),
  };
}

export const REQUESTS: Metric = { name: 'requests', kind: 'counter' };
export const DEPTH: Metric = { name: 'queue.depth', kind: 'gauge' };
export const LATENCY: Metric = { name: 'latency', kind: 'histogram', unit: 's', bounds: [0.1, 1, 10] };
