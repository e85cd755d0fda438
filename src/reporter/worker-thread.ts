/** One worker thread of the app that is alive, as far as is known: a worker of its own. */
import { now } from '../clock.ts';
import { eventLoop, overdue } from '../host/event-loop.ts';
import { httpInFlight } from '../host/http.ts';
import { series } from '../host/series.ts';
import { taskStart } from '../host/tasks.ts';
import { merge } from '../snapshot/merge.ts';
import type { MetricSnapshot } from '../snapshot/snapshot.ts';
import { threadWorker } from '../snapshot/worker.ts';
import type { StoreReader } from '../store/reader.ts';
import { HostProbes } from './host-probes.ts';
import { type FromThread, type ToThread, threadChannel } from './messages.ts';
import { Sampled } from './sampled.ts';

export interface WorkerThreadOptions {
  readonly reader: StoreReader;
  readonly seriesLimit: number;
  readonly stallThreshold: number;
  /** ms that a sampler may take. */
  readonly samplerTimeout: number;
  /** What its samplers told an earlier reporter. */
  readonly said: readonly MetricSnapshot[] | undefined;
  /** Its samplers have said something. */
  onSaid(): void;
  warn(key: string, line: string): void;
}

export class WorkerThread {
  readonly reader: StoreReader;
  readonly threadId: number;
  readonly #options: WorkerThreadOptions;
  readonly #host: HostProbes;
  readonly #tid: number;
  /** Undefined where the kernel does not tell. */
  readonly #start: string | undefined;
  #channel: InstanceType<typeof BroadcastChannel> | undefined;
  #sampled: Sampled | undefined;
  #isEnded = false;

  constructor(options: WorkerThreadOptions) {
    const { reader, warn } = options;
    this.reader = reader;
    this.#options = options;
    this.threadId = reader.header('threadId');
    this.#tid = reader.header('tid');
    this.#start = taskStart(this.#tid);
    const probes = [eventLoop, httpInFlight, series].map((make) => make(reader, options));
    this.#host = new HostProbes(probes, reader.header('startTime'), warn);
    if (options.said) this.openSamplers();
  }

  /** Its number from 1, the name's; 0 before it has one. */
  get number(): number {
    return this.reader.header('worker');
  }

  get worker(): string {
    return threadWorker(this.number);
  }

  /** It is gone, by the word of the thread that made it. */
  end(): void {
    this.#isEnded = true;
  }

  /**
   * Whether it is known to be gone. A thread that is blocked is never: only the kernel's list (`tasks`, undefined where
   * there is none) and the thread that made it are believed.
   */
  isGone(tasks: ReadonlySet<number> | undefined, time: number): boolean {
    if (this.#isEnded || this.#tid < 0) return true;
    if (this.#tid === 0 || tasks === undefined) return false;
    if (!tasks.has(this.#tid)) return true;
    const isSilent = this.reader.header('beat') === 0 || overdue(this.reader, time) > 0;
    const start = isSilent ? taskStart(this.#tid) : this.#start;
    return start !== undefined && start !== this.#start;
  }

  /** It has samplers that can be asked. Idempotent. */
  openSamplers(): void {
    if (this.#sampled) return;
    const channel = new BroadcastChannel(threadChannel(this.threadId));
    const { reader, samplerTimeout: timeout, said: values } = this.#options;
    this.#channel = channel;
    this.#sampled = new Sampled({
      ask: (round) => channel.postMessage({ type: 'collect', round } satisfies ToThread),
      // Without a heartbeat the agent was stopped in the thread: nobody would answer.
      isBlocked: () => reader.header('beat') === 0 || overdue(reader, now()) > 0,
      now,
      timeout,
      startTime: reader.header('startTime'),
      values,
    });
    channel.onmessage = (event) => this.#onMessage((event as { data?: FromThread | null }).data);
    (channel as unknown as { unref(): void }).unref();
  }

  /** Asks its samplers. Never rejects, and never waits for a thread that is blocked. */
  async refresh(): Promise<void> {
    await this.#sampled?.refresh();
  }

  tick(time: number): void {
    this.#host.tick(time);
  }

  /** What it recorded, and what its map tells at `time` (ms, monotonic). */
  recorded(time: number): MetricSnapshot[] {
    return merge([this.reader.metrics(), this.#host.metrics(time)]);
  }

  /** What its samplers said last. */
  sampled(): readonly MetricSnapshot[] {
    return this.#sampled?.metrics() ?? [];
  }

  /** The same without what this thread adds; undefined when it has no samplers. */
  said(): readonly MetricSnapshot[] | undefined {
    return this.#sampled?.values;
  }

  close(): void {
    this.#channel?.close();
  }

  /** The channel is open to everybody in the process. */
  #onMessage(message: FromThread | null | undefined): void {
    if (message?.type === 'asking') this.#sampled?.onAsking(message.round);
    if (message?.type !== 'collected' || !isMetrics(message.metrics)) return;
    this.#sampled?.onCollected(message.round, message.metrics);
    this.#options.onSaid();
  }
}

function isMetrics(value: unknown): value is readonly MetricSnapshot[] {
  return Array.isArray(value) && value.every((each) => each?.metric && each.scope && Array.isArray(each.points));
}
