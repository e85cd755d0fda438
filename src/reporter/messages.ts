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
  /** Maps of worker threads that an earlier reporter told of: threads that are gone announce theirs to nobody. */
  readonly threadMaps: readonly SharedArrayBuffer[];
  /** Path of the app's main script, from which adapters are found. */
  readonly main: string | undefined;
}

/** What a thread that takes the place of a dead one is given on top. */
export interface StartData extends ReporterData {
  readonly isRestart: boolean;
}

export type ToReporter =
  /** The main thread is about to ask its samplers: it is not blocked. */
  | { readonly type: 'asking'; readonly round: number }
  | { readonly type: 'collected'; readonly round: number; readonly metrics: readonly MetricSnapshot[] }
  /** Take a snapshot, answer with the same number; without what samplers of this scope put. */
  | { readonly type: 'snapshot'; readonly number: number; readonly without: string }
  | { readonly type: 'stop' }
  /** The process ends and waits, blocked, until `done[0]` is 1, at most `limit` ms. `metrics`: of the samplers. */
  | {
      readonly type: 'flush';
      readonly metrics: readonly MetricSnapshot[];
      readonly done: Int32Array<SharedArrayBuffer>;
      readonly limit: number;
    };

export type ToApp =
  /** A worker thread announced its map: keep it for the next reporter. */
  | { readonly type: 'map'; readonly map: SharedArrayBuffer }
  /** Ask the samplers, answer with the same round. */
  | { readonly type: 'collect'; readonly round: number }
  | { readonly type: 'snapshot'; readonly number: number; readonly snapshot: Snapshot }
  /** This process is one of several: its end must be told to the others. */
  | { readonly type: 'company' }
  /**
   * The reporter serves, or has found that it can't: what there was to say has been said. `url`: of its server, or that
   * of the process that serves for this one; `flushes`: there is somebody to whom the last interval must be told.
   */
  | { readonly type: 'ready'; readonly url: string | undefined; readonly flushes: boolean };

/**
 * BroadcastChannel between the app's worker threads and the reporter thread. A thread announces its map; a reporter that
 * starts asks everyone to announce again.
 */
export const MAP_CHANNEL = 'loadline.maps.v1';
export type MapMessage = { readonly type: 'map'; readonly map: SharedArrayBuffer } | { readonly type: 'announce' };
