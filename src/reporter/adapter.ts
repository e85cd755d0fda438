/** The seam between snapshots and the outside. Adapters run on the reporter thread only. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Snapshot } from '../snapshot/snapshot.ts';

/** What an adapter may use. */
export interface AdapterContext {
  /** A fresh snapshot. Never waits for a blocked app thread, never rejects. */
  snapshot(): Promise<Snapshot>;
  /** One line on stderr, prefixed `loadline: `. */
  log(line: string): void;
}

/** Answers one request of the reporter's own HTTP server. May throw or reject: the server answers 500 and goes on. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** A destination. Every member may be called from the reporter thread only. */
export interface Adapter {
  readonly name: string;
  /** Pull: path → handler, mounted on the reporter's server. */
  readonly routes?: Readonly<Record<string, Handler>>;
  /** Push: deliver one snapshot. Called once per export interval, never concurrently. May reject. */
  push?(snapshot: Snapshot, signal: AbortSignal): Promise<void>;
  /** Idempotent. Delivers what is pending, at most until the signal aborts. */
  close?(signal: AbortSignal): Promise<void>;
}

/** The default export of an adapter module. `options` are structured-clone-able. */
export type AdapterFactory<Options = unknown> = (
  options: Options,
  context: AdapterContext,
) => Adapter | Promise<Adapter>;
