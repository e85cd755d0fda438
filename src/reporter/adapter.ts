/**
 * The seam between snapshots and the outside. An adapter is a module whose default export is an `AdapterFactory`; it is
 * named by its module specifier and given structured-clone-able options, so anyone can publish one. Adapters run on the
 * reporter thread only.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Snapshot } from '../snapshot/snapshot.ts';

/**
 * What became of points, in numbers of points (one point: one series in one snapshot). `sent`: the backend has them, as
 * far as its protocol tells. `failed`: an attempt failed, and they are tried again or carried into the next push.
 * `dropped`: refused by the backend, or given up beyond a bound. `unknown`: sent, never answered. `spooled`: waiting
 * (may be negative, when they leave the spool).
 */
export type Outcome = 'sent' | 'failed' | 'dropped' | 'unknown' | 'spooled';

/** What an adapter may use. Nothing here throws. */
export interface AdapterContext {
  /** ms between two pushes. */
  readonly interval: number;
  /** A fresh snapshot, cumulative. Never waits for a blocked app thread, never rejects. For pulling adapters. */
  snapshot(): Promise<Snapshot>;
  /** Counts into `loadline.export.*`. */
  count(outcome: Outcome, points: number): void;
  /** One line on stderr, prefixed `loadline: `; the same line is said once. */
  log(line: string): void;
}

/** Answers one request of the reporter's own HTTP server. May throw or reject: the server answers 500 and goes on. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** What `push` is given. Data, so that the pipeline does what each adapter would have to do for itself. */
export interface Wants {
  /**
   * `cumulative` (default): totals since their start times. `delta`: what came since the snapshot of the last push that
   * resolved, with that moment as start time; gauges and updowns as they are.
   */
  readonly temporality?: 'cumulative' | 'delta';
  /**
   * Where several processes are seen as one: `push` gets each of them by itself, one after the other, with its own
   * resource and start times, instead of their sum. Default: false.
   */
  readonly perProcess?: boolean;
}

/** A destination: pulled from (`routes`), pushed to (`push`), or both. Called from the reporter thread only. */
export interface Adapter {
  /** Pull: path → handler, mounted on the reporter's server. */
  readonly routes?: Readonly<Record<string, Handler>>;
  /** What `push` is given. Default: totals, of all processes together. */
  readonly wants?: Wants;
  /**
   * Delivers one snapshot. Called once per interval, never concurrently; the signal aborts when time is up. Resolving
   * means that the adapter answers for these points from now on (delivered, spooled, or counted as lost); rejecting
   * means that nothing was taken: a delta is then carried into the next push. The reason is logged once.
   */
  push?(snapshot: Snapshot, signal: AbortSignal): Promise<void>;
  /** Idempotent. Delivers what is pending, at most until the signal aborts. Called after a last `push`. */
  close?(signal: AbortSignal): Promise<void>;
}

/** The default export of an adapter module. May reject: its message is said in one line and the others go on. */
export type AdapterFactory<Options = unknown> = (
  options: Options,
  context: AdapterContext,
) => Adapter | Promise<Adapter>;
