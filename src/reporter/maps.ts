/** All maps of the process: the main thread's, and those that the app's worker threads announce. */
import { merge } from '../snapshot/merge.ts';
import type { MetricSnapshot } from '../snapshot/snapshot.ts';
import { StoreReader } from '../store/reader.ts';
import { MAP_CHANNEL, type MapMessage } from './messages.ts';

export class Maps {
  readonly main: StoreReader;
  readonly #threads = new Map<number, StoreReader>();
  readonly #channel = new BroadcastChannel(MAP_CHANNEL);

  /** @throws RangeError when the main thread's buffer is no map of this layout. */
  constructor(main: SharedArrayBuffer, warn: (line: string) => void) {
    this.main = new StoreReader(main);
    this.#channel.onmessage = (event) => this.#onMessage((event as { data?: MapMessage | null }).data, warn);
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

  close(): void {
    this.#channel.close();
  }

  #onMessage(message: MapMessage | null | undefined, warn: (line: string) => void): void {
    if (message?.type !== 'map') return;
    try {
      const reader = new StoreReader(message.map);
      const threadId = reader.header('threadId');
      if (!this.#threads.has(threadId)) this.#threads.set(threadId, reader);
    } catch (error) {
      warn(`a worker thread's numbers are left out: ${(error as Error).message}`);
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
