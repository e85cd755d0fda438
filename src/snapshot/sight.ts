/** What is known at one moment without asking anybody: the sum of all processes, and each of them. Pure. */
import type { Attributes } from './metric.ts';
import type { MetricSnapshot } from './snapshot.ts';

export interface Sight {
  /** Epoch ms. */
  readonly time: number;
  readonly resource: Attributes;
  /** Of all processes, as adapters get them. */
  readonly metrics: readonly MetricSnapshot[];
  /** In the order of their slots; a process on its own is the only one. */
  readonly processes: readonly ProcessSight[];
}

export interface ProcessSight {
  /** The number of its slot, as in `loadline.worker`; undefined: it is on its own. */
  readonly slot: number | undefined;
  /** Tells it from every other process; undefined: nobody has the slot. */
  readonly key: string | undefined;
  readonly pid: number | undefined;
  /** `gone`: it said goodbye, or nobody ever had the slot. */
  readonly state: 'alive' | 'stale' | 'dead' | 'gone';
  /** Epoch ms: since when it is silent or dead; undefined: unknown, or it is neither. */
  readonly since: number | undefined;
  /** What it said last of itself. What is of one of its threads may carry `loadline.worker`, the thread's name. */
  readonly metrics: readonly MetricSnapshot[];
  /** What earlier processes of its slot counted. */
  readonly earlier: readonly MetricSnapshot[];
}
