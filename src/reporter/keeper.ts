/** Hands to the main thread what a reporter that takes this one's place would need of worker threads. */
import { deserialize, serialize } from 'node:v8';
import type { MetricSnapshot } from '../snapshot/snapshot.ts';
import type { EndedParts } from './ended.ts';
import type { KeptThreads } from './messages.ts';
import type { WorkerThread } from './worker-thread.ts';

/** The content of `KeptThreads.left`. */
interface Left {
  readonly ended?: EndedParts;
  /** By thread id: what samplers said last. */
  readonly said?: ReadonlyMap<number, readonly MetricSnapshot[]>;
}

export interface KeeperOptions {
  readonly threads: KeptThreads;
  /** Moves `left`. */
  keep(left: Uint8Array<ArrayBuffer>, folds: number): void;
  warn(key: string, line: string): void;
}

interface Present {
  readonly threads: readonly WorkerThread[];
  readonly ended: EndedParts;
  readonly folds: number;
}

/**
 * Each message is the whole state and takes the place of the last one. The main thread keeps each map until a message
 * came whose folds have it, so that whenever this reporter dies, the next one finds a thread either among the maps or in
 * the sums, never in both and never in none. One message at a time is under way: a main thread that is blocked gathers
 * none.
 */
export class Keeper {
  readonly #options: KeeperOptions;
  readonly #present: () => Present;
  #isUnderWay = false;
  #isOutdated = false;

  constructor(options: KeeperOptions, present: () => Present) {
    this.#options = options;
    this.#present = present;
  }

  /** What an earlier reporter left. */
  read(): Left {
    const { left } = this.#options.threads;
    if (left === undefined) return {};
    try {
      return deserialize(left) as Left;
    } catch (error) {
      this.#options.warn('kept', `counts of worker threads that ended are lost: ${(error as Error).message}`);
      return {};
    }
  }

  /** Something changed. */
  keep(): void {
    if (this.#isUnderWay) {
      this.#isOutdated = true;
      return;
    }
    this.#isUnderWay = true;
    this.#isOutdated = false;
    const { threads, ended, folds } = this.#present();
    const said = new Map<number, readonly MetricSnapshot[]>();
    for (const thread of threads) {
      const values = thread.said();
      if (values) said.set(thread.threadId, values);
    }
    const left = new Uint8Array(serialize({ ended, said } satisfies Left));
    this.#options.keep(left, folds);
  }

  onKept(): void {
    this.#isUnderWay = false;
    if (this.#isOutdated) this.keep();
  }
}
