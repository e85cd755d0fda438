/** All maps of the process: the main thread's, and those of the app's worker threads, which come and go. */
import { now } from '../clock.ts';
import { livingTasks } from '../host/tasks.ts';
import type { MetricSnapshot } from '../snapshot/snapshot.ts';
import { MAIN_WORKER, ofWorker } from '../snapshot/worker.ts';
import { StoreReader } from '../store/reader.ts';
import { Ended } from './ended.ts';
import { Keeper } from './keeper.ts';
import { foldOf } from './kept-maps.ts';
import { type KeptThreads, MAP_CHANNEL, type MapMessage, THREADS_CHANNEL, type ThreadsMessage } from './messages.ts';
import { WorkerThread } from './worker-thread.ts';

/** ms that may pass between two looks for threads that are gone, while threads come. */
const SWEEP = 1000;

export interface MapsOptions {
  /** The main thread's map. */
  readonly main: SharedArrayBuffer;
  /** What an earlier reporter knew of worker threads. */
  readonly threads: KeptThreads;
  readonly aggregate: 'sum' | 'worker';
  readonly seriesLimit: number;
  /** ms: a delay of the event loop from which on it is a stall. */
  readonly stallThreshold: number;
  /** ms that a sampler may take. */
  readonly samplerTimeout: number;
  /** What a next reporter needs, moved. Not called again before `onKept` is. */
  keep(left: Uint8Array<ArrayBuffer>, folds: number): void;
  /** Says a line once per key. Never throws. */
  warn(key: string, line: string): void;
}

/** One map that is written to, and whose it is: `main`, or the name of a worker thread as in `loadline.worker`. */
export interface LivingMap {
  readonly worker: string;
  readonly map: StoreReader;
}

/** A message of somebody else on the channel is nonsense, never trouble. */
type Event = { data?: MapMessage | null };

export class Maps {
  readonly main: StoreReader;
  readonly #options: MapsOptions;
  readonly #threads = new Map<number, WorkerThread>();
  readonly #ended: Ended;
  readonly #keeper: Keeper;
  readonly #maps = new BroadcastChannel(MAP_CHANNEL);
  readonly #threadsChannel = new BroadcastChannel(THREADS_CHANNEL);
  /** How many there were in all, those of earlier reporters included that reached the main thread. */
  #folds: number;
  #sweptAt = Number.NEGATIVE_INFINITY;

  /** @throws RangeError when the main thread's buffer is no map of this layout. */
  constructor(options: MapsOptions) {
    this.#options = options;
    this.main = new StoreReader(options.main);
    this.#folds = options.threads.folds;
    this.#keeper = new Keeper(options, () => {
      return { threads: [...this.#threads.values()], ended: this.#ended.parts, folds: this.#folds };
    });
    const { ended, said } = this.#keeper.read();
    this.#ended = new Ended(options.seriesLimit, ended);
    for (const map of options.threads.maps) this.#add(map, said);
    this.#maps.onmessage = (event) => this.#onMessage((event as Event).data);
    for (const channel of [this.#maps, this.#threadsChannel]) (channel as unknown as { unref(): void }).unref();
    this.#tell({ type: 'announce' });
  }

  /** All maps whose thread lives, the main thread's first. */
  living(): LivingMap[] {
    this.#sweep(now());
    const threads = [...this.#threads.values()].map(({ worker, reader }) => ({ worker, map: reader }));
    return [{ worker: MAIN_WORKER, map: this.main }, ...threads];
  }

  /** Asks the samplers of worker threads. Never rejects, and never waits for a thread that is blocked. */
  async refresh(): Promise<void> {
    this.#sweep(now());
    await Promise.all([...this.#threads.values()].map((thread) => thread.refresh()));
  }

  /** Lets the probes of worker threads look back: call every 5 s. */
  tick(time: number): void {
    this.#sweep(time);
    for (const thread of this.#threads.values()) thread.tick(time);
  }

  /**
   * What the main thread recorded, everything of worker threads, and what those left that are gone; each may have names
   * in common. `without`: the scope of samplers whose values are left out. `aggregate`: default, the setting.
   */
  metrics(time: number, without?: string, aggregate = this.#options.aggregate): (readonly MetricSnapshot[])[] {
    this.#sweep(time);
    const parts = [this.main.metrics()];
    for (const thread of this.#threads.values()) {
      const sampled = thread.sampled().filter(({ scope }) => scope.name !== without);
      for (const part of [thread.recorded(time), sampled]) parts.push(ofWorker(part, thread.worker, aggregate));
    }
    return [...parts, this.#ended.metrics(without)];
  }

  /** A worker thread has a map. It may be known, or be gone already. */
  add(map: SharedArrayBuffer): void {
    this.#add(map);
    const time = now();
    if (time - this.#sweptAt > SWEEP) this.#sweep(time);
  }

  /** The main thread has what it was given to keep. */
  onKept(): void {
    this.#keeper.onKept();
  }

  close(): void {
    this.#tell({ type: 'end' });
    for (const thread of this.#threads.values()) thread.close();
    this.#maps.close();
    this.#threadsChannel.close();
  }

  #tell(message: ThreadsMessage): void {
    this.#threadsChannel.postMessage(message);
  }

  #onMessage(message: MapMessage | null | undefined): void {
    if (message?.type === 'map') this.add(message.map);
    else if (message?.type === 'hello') this.#tell({ type: 'announce', to: message.threadId });
    else if (message?.type === 'samples') this.#onSamples(message.threadId);
    else if (message?.type === 'ended') this.#threads.get(message.threadId)?.end();
  }

  /** Its samplers are asked at once: the thread may be gone before anybody else asks. */
  #onSamples(threadId: number): void {
    const thread = this.#threads.get(threadId);
    thread?.openSamplers();
    void thread?.refresh();
  }

  /** One that is known or in the sums is left alone; what is no map is said. */
  #add(map: SharedArrayBuffer, said?: ReadonlyMap<number, readonly MetricSnapshot[]>): void {
    try {
      const reader = new StoreReader(map);
      const threadId = reader.header('threadId');
      const fold = foldOf(map);
      if (this.#threads.has(threadId) || (fold > 0 && fold <= this.#folds)) return;
      if (reader.header('worker') === 0) reader.note('worker', this.#freeNumber());
      const { seriesLimit, stallThreshold, samplerTimeout, warn } = this.#options;
      const onSaid = () => this.#keeper.keep();
      const options = { reader, seriesLimit, stallThreshold, samplerTimeout, warn, onSaid, said: said?.get(threadId) };
      this.#threads.set(threadId, new WorkerThread(options));
    } catch (error) {
      this.#options.warn('maps', `a worker thread's numbers are left out: ${(error as Error).message}`);
    }
  }

  #freeNumber(): number {
    const taken = new Set([...this.#threads.values()].map(({ number }) => number));
    let number = 1;
    while (taken.has(number)) number++;
    return number;
  }

  /**
   * Lets go of threads that are gone, and takes over their last values as of the moment they were seen alive: what was
   * shown of them. Comes before every reading, so that a thread that is gone is never taken for one that is blocked.
   */
  #sweep(time: number): void {
    this.#sweptAt = time;
    if (this.#threads.size === 0) return;
    const tasks = livingTasks();
    const gone: WorkerThread[] = [];
    for (const thread of this.#threads.values()) {
      if (thread.isGone(tasks, time)) gone.push(thread);
      else thread.reader.note('seenAt', time);
    }
    if (gone.length > 0) this.#fold(gone);
  }

  #fold(gone: readonly WorkerThread[]): void {
    const { aggregate } = this.#options;
    this.#ended.add(
      gone.map((thread) => ofWorker(thread.recorded(thread.reader.header('seenAt')), thread.worker, aggregate)),
      gone.map((thread) => ofWorker(thread.sampled(), thread.worker, aggregate)),
    );
    this.#folds++;
    for (const thread of gone) {
      thread.reader.note('tid', -this.#folds);
      thread.close();
      this.#threads.delete(thread.threadId);
    }
    this.#keeper.keep();
  }
}
