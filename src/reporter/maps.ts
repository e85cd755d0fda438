/** All maps of the process: the main thread's, and those that the app's worker threads announce. */
import { merge } from '../snapshot/merge.ts';
import type { MetricSnapshot } from '../snapshot/snapshot.ts';
import { StoreReader } from '../store/reader.ts';
import { MAP_CHANNEL, type MapMessage } from './messages.ts';

export interface MapsOptions {
  /** The main thread's map. */
  readonly main: SharedArrayBuffer;
  /** Maps of worker threads that are known already. */
  readonly threadMaps: readonly SharedArrayBuffer[];
  /** Called once with each map that is announced later. */
  onMap(map: SharedArrayBuffer): void;
  warn(line: string): void;
}

/** One map that is written to, and whose it is: `main`, or the name of a worker thread as in `loadline.worker`. */
export interface LivingMap {
  readonly worker: string;
  readonly map: StoreReader;
}

export class Maps {
  readonly main: StoreReader;
  readonly #threads = new Map<number, StoreReader>();
  readonly #channel = new BroadcastChannel(MAP_CHANNEL);

  readonly #options: MapsOptions;

  /** @throws RangeError when the main thread's buffer is no map of this layout. */
  constructor(options: MapsOptions) {
    this.#options = options;
    this.main = new StoreReader(options.main);
    for (const map of options.threadMaps) this.#add(map);
    this.#channel.onmessage = (event) => this.#onMessage((event as { data?: MapMessage | null }).data);
    (this.#channel as unknown as { unref(): void }).unref();
    this.#channel.postMessage({ type: 'announce' } satisfies MapMessage);
  }

  metrics(): MetricSnapshot[] {
    const parts = [this.main.metrics()];
    for (const [threadId, reader] of this.#threads) {
      parts.push(reader.metrics().map((snapshot) => ofThread(snapshot, threadId)));
    }
    return merge(parts);
  }

  /** All maps whose thread lives, the main thread's first. */
  living(): LivingMap[] {
    const workers = [...this.#threads].map(([threadId, map]) => ({ worker: String(threadId), map }));
    return [{ worker: 'main', map: this.main }, ...workers];
  }

  close(): void {
    this.#channel.close();
  }

  #onMessage(message: MapMessage | null | undefined): void {
    if (message?.type === 'map' && this.#add(message.map)) this.#options.onMap(message.map);
  }

  /** False when it is known, or no map, which is said. */
  #add(map: SharedArrayBuffer): boolean {
    try {
      const reader = new StoreReader(map);
      const threadId = reader.header('threadId');
      if (this.#threads.has(threadId)) return false;
      this.#threads.set(threadId, reader);
      return true;
    } catch (error) {
      this.#options.warn(`a worker thread's numbers are left out: ${(error as Error).message}`);
      return false;
    }
  }
}

/** Gauges of several threads never merge: those of a worker thread say whose they are. */
function ofThread(snapshot: MetricSnapshot, threadId: number): MetricSnapshot {
  if (snapshot.metric.kind !== 'gauge') return snapshot;
  const points = snapshot.points.map((point) => ({
    ...point,
    attributes: { ...point.attributes, 'loadline.worker': threadId },
  }));
  return { ...snapshot, points };
}
