/** What the app's main thread and the reporter thread tell each other. Numbers of the store need no message. */
import type { Config } from '../config.ts';
import type { Attributes } from '../snapshot/metric.ts';
import type { MetricSnapshot, Snapshot } from '../snapshot/snapshot.ts';

/** The reporter's `workerData`. */
export interface ReporterData {
  readonly config: Config;
  /** Resource attributes of this process, complete. */
  readonly resource: Attributes;
  /** The main thread's map. */
  readonly map: SharedArrayBuffer;
}

export type ToReporter =
  /** The main thread is about to ask its samplers: it is not blocked. */
  | { readonly type: 'asking'; readonly round: number }
  | { readonly type: 'collected'; readonly round: number; readonly metrics: readonly MetricSnapshot[] }
  /** Take a snapshot, answer with the same number; without what samplers of this scope put. */
  | { readonly type: 'snapshot'; readonly number: number; readonly without: string }
  | { readonly type: 'stop' };

export type ToApp =
  /** Ask the samplers, answer with the same round. */
  | { readonly type: 'collect'; readonly round: number }
  | { readonly type: 'snapshot'; readonly number: number; readonly snapshot: Snapshot }
  /** The reporter serves, or has found that it can't: what there was to say has been said. `url`: of its server. */
  | { readonly type: 'ready'; readonly url: string | undefined };

/**
 * BroadcastChannel between the app's worker threads and the reporter thread. A thread announces its map; a reporter that
 * starts asks everyone to announce again.
 */
export const MAP_CHANNEL = 'loadline.maps.v1';
export type MapMessage = { readonly type: 'map'; readonly map: SharedArrayBuffer } | { readonly type: 'announce' };
