/** What the app's main thread and the reporter thread tell each other. Numbers of the store need no message. */
import type { Config } from '../config.ts';
import type { Attributes } from '../snapshot/metric.ts';
import type { MetricSnapshot, Snapshot } from '../snapshot/snapshot.ts';
import type { Delivered } from './delivered.ts';

/**
 * What the main thread keeps of worker threads for the reporter that comes after this one: threads that are gone announce
 * their maps to nobody.
 */
export interface KeptThreads {
  maps: readonly SharedArrayBuffer[];
  /** How many folds of threads that ended are in `left`: what is in a map of a later fold is not. */
  folds: number;
  /** What threads left that are gone, and what samplers in threads said last; only reporters read it. */
  left?: Uint8Array<ArrayBuffer> | undefined;
}

/** The reporter's `workerData`. */
export interface ReporterData {
  readonly config: Config;
  /** Resource attributes of this process, complete. */
  readonly resource: Attributes;
  /** The main thread's map. */
  readonly map: SharedArrayBuffer;
  /** Where the main thread tells its stack. */
  readonly stackArea: SharedArrayBuffer;
  readonly threads: KeptThreads;
  /** At which the main thread's inspector would listen: another thread is not told. */
  readonly debugPort: number;
  /** Path of the app's main script, from which adapters are found. */
  readonly main: string | undefined;
  /** What adapters were given by reporters before this one. */
  readonly delivered: Delivered;
  /** It takes the place of one that died. */
  readonly isRestart: boolean;
}

export type ToReporter =
  /** The main thread is about to ask its samplers: it is not blocked. */
  | { readonly type: 'asking'; readonly round: number }
  | { readonly type: 'collected'; readonly round: number; readonly metrics: readonly MetricSnapshot[] }
  /** Take a snapshot, answer with the same number; without what samplers of this scope put. */
  | { readonly type: 'snapshot'; readonly number: number; readonly without: string }
  /** The main thread heard of a worker thread, maybe while there was no reporter to hear of it. */
  | { readonly type: 'map'; readonly map: SharedArrayBuffer }
  /** The main thread has taken over the last `threads`. */
  | { readonly type: 'kept' }
  | { readonly type: 'stop' }
  /** The process ends and waits, blocked, until `done[0]` is 1, at most `limit` ms. `metrics`: of the samplers. */
  | {
      readonly type: 'flush';
      readonly metrics: readonly MetricSnapshot[];
      readonly done: Int32Array<SharedArrayBuffer>;
      readonly limit: number;
    };

export type ToApp =
  /** An adapter was given all up to this: keep it for the next reporter. */
  | { readonly type: 'delivered'; readonly adapter: string; readonly basis: SharedArrayBuffer }
  /** Keep this in place of what was left before: threads have ended, or samplers said something new. */
  | { readonly type: 'threads'; readonly left: Uint8Array<ArrayBuffer>; readonly folds: number }
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

/** BroadcastChannel on which worker threads of the app tell the reporter and the main thread of themselves. */
export const MAP_CHANNEL = 'loadline.maps.v1';
export type MapMessage =
  /** A thread has a map. */
  | { readonly type: 'map'; readonly map: SharedArrayBuffer }
  /** A thread asks whether there is a reporter, which would be announced to it. */
  | { readonly type: 'hello'; readonly threadId: number }
  /** A thread has samplers, and takes questions on its own channel. */
  | { readonly type: 'samples'; readonly threadId: number }
  /** A thread is gone. Told by the one that made it, where the kernel does not tell. */
  | { readonly type: 'ended'; readonly threadId: number };

/** BroadcastChannel on which a reporter speaks to all worker threads of the app. */
export const THREADS_CHANNEL = 'loadline.threads.v1';
export type ThreadsMessage =
  /** There is a reporter: tell it of yourself. `to`: only this thread; absent: all. */
  | { readonly type: 'announce'; readonly to?: number }
  /** The agent of the process stops. */
  | { readonly type: 'end' };

/** BroadcastChannel between a reporter and one worker thread that has samplers. */
export const threadChannel = (threadId: number) => `loadline.thread.${threadId}.v1`;
export type ToThread = Extract<ToApp, { type: 'collect' }>;
export type FromThread = Extract<ToReporter, { type: 'asking' | 'collected' }>;
