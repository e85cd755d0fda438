/** What the tests of pushing share: snapshots of one counter, and an adapter that writes down what it was given. */
import type { Adapter } from '../../src/reporter/adapter.ts';
import type { Snapshot } from '../../src/snapshot/snapshot.ts';

export const METRIC = { name: 'orders', kind: 'counter' } as const;

/** The total `value` at `time`, counted since 1. */
export function total(value: number, time = value): Snapshot {
  const points = [{ attributes: {}, startTime: 1, value }];
  return { time, resource: {}, metrics: [{ metric: METRIC, scope: { name: 'test' }, points }] };
}

/** The value of the one counter; undefined when it is not there. */
export function shown(snapshot: Snapshot): number | undefined {
  return snapshot.metrics[0]?.points[0]?.value as number | undefined;
}

export interface Noted {
  readonly adapter: Adapter;
  /** Values given, in order, taken or not. */
  readonly given: (number | undefined)[];
  readonly log: string[];
}

/** `deliver`: what a push does; `call` counts from 1. */
export function noting(
  deliver: (call: number, signal: AbortSignal) => unknown = () => undefined,
  more: Partial<Adapter> = { wants: { temporality: 'delta' } },
): Noted {
  const given: (number | undefined)[] = [];
  const log: string[] = [];
  const adapter: Adapter = {
    push(snapshot, signal) {
      given.push(shown(snapshot));
      log.push('push');
      return deliver(given.length, signal) as Promise<void>;
    },
    async close() {
      log.push('close');
    },
    ...more,
  };
  return { adapter, given, log };
}

export const never = (): Promise<void> => new Promise(() => undefined);
