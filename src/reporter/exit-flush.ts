/** At the end of the process: lets the reporter thread deliver the last interval, and waits for it. */
import type { Worker } from 'node:worker_threads';
import type { AdapterEntry, Config } from '../config.ts';
import type { MetricSnapshot } from '../snapshot/snapshot.ts';
import type { ToReporter } from './messages.ts';

/** Adapters of the package that are only pulled from. Of others it is known when they are loaded. */
const PULLING: readonly AdapterEntry[] = ['prometheus'];

/**
 * The one listener on the process: `'exit'`, there only while something may push, or this is one of several processes of
 * its service, and `exitFlush` is above 0. It blocks the thread until the reporter is done, at most `exitFlush` ms, and changes nothing else: not the exit code, not
 * stderr. A signal that kills the process gives it no chance.
 */
export class ExitFlush {
  readonly #limit: number;
  #isNeeded: boolean;
  readonly #collectNow: () => readonly MetricSnapshot[];
  readonly #worker: () => Worker | undefined;
  readonly #onExit = () => this.flush();

  /** `worker`: the reporter thread that runs, if one does. */
  constructor(config: Config, collectNow: () => readonly MetricSnapshot[], worker: () => Worker | undefined) {
    this.#limit = config.exitFlush;
    this.#isNeeded = config.exitFlush > 0 && config.adapters.some((entry) => !PULLING.includes(entry));
    this.#collectNow = collectNow;
    this.#worker = worker;
  }

  /** Idempotent, as is `disarm`. */
  arm(): void {
    this.disarm();
    if (this.#isNeeded) process.on('exit', this.#onExit);
  }

  /** There are others who must be told what this process counted last, also where nothing is pushed. */
  need(): void {
    this.#isNeeded = this.#limit > 0;
    this.arm();
  }

  disarm(): void {
    process.off('exit', this.#onExit);
  }

  /** What the listener does; for whoever comes too late to be listened to. Never throws. */
  flush(): void {
    const worker = this.#worker();
    if (worker === undefined || !this.#isNeeded) return;
    const done = new Int32Array(new SharedArrayBuffer(4));
    try {
      const message: ToReporter = { type: 'flush', metrics: this.#collectNow(), done, limit: this.#limit };
      worker.postMessage(message);
    } catch {
      // What is thrown in an 'exit' listener becomes the app's exit code: the last interval is lost instead.
      return;
    }
    Atomics.wait(done, 0, 0, this.#limit);
  }
}
