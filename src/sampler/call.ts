/** One call of one sampler: its sink, its signal and how it ended. */
import type { Attributes, HistogramValue, Metric } from '../snapshot/metric.ts';
import { follow } from './outcome.ts';
import type { Sampler } from './sampler.ts';

// Taken at load, so that fake clocks do not reach a collector.
const { AbortController, DOMException, performance } = globalThis;
const clock = performance.now.bind(performance);

/** `left`: the sampler or the collector went away meanwhile. */
export type Outcome = 'settled' | 'threw' | 'late' | 'left';

/** What a call reports. `ended` comes exactly once; `freed` exactly once, when the sampler settled, maybe never. */
export interface CallListener {
  put(metric: Metric, value: number | HistogramValue, attributes?: Attributes): void;
  ended(call: Call, outcome: Outcome, cause?: unknown): void;
  freed(): void;
}

export class Call {
  /** Resolves when the call has ended. */
  readonly done: Promise<void>;
  /** Synchronous ms that `sample` took before it returned. */
  blocked = 0;
  /** Seconds from the start to the end. */
  seconds = 0;
  readonly #listener: CallListener;
  readonly #controller = new AbortController();
  readonly #started = clock();
  #open = true;
  #resolve: () => void = () => undefined;

  constructor(listener: CallListener) {
    this.#listener = listener;
    this.done = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  get open(): boolean {
    return this.#open;
  }

  /** Call once. Never throws. */
  start(sampler: Sampler, consumer: string): void {
    const put: CallListener['put'] = (metric, value, attributes) => {
      if (this.#open) this.#listener.put(metric, value, attributes);
    };
    try {
      const returned = sampler.sample({ put }, { signal: this.#controller.signal, consumer });
      this.blocked = clock() - this.#started;
      follow(returned, (error) => this.#settled(error));
    } catch (cause) {
      this.blocked = clock() - this.#started;
      this.#settled({ cause });
    }
  }

  /** The deadline has passed: later puts are ignored. */
  expire(): void {
    this.#give('late', new DOMException('The sampler missed its deadline.', 'TimeoutError'));
  }

  leave(): void {
    this.#give('left', new DOMException('The collector is done with the sampler.', 'AbortError'));
  }

  #settled(error?: { cause: unknown }): void {
    if (error === undefined) this.#end('settled');
    else this.#end('threw', error.cause);
    this.#listener.freed();
  }

  #give(outcome: Outcome, reason: DOMException): void {
    if (!this.#open) return;
    this.#end(outcome);
    this.#controller.abort(reason);
  }

  #end(outcome: Outcome, cause?: unknown): void {
    if (!this.#open) return;
    this.#open = false;
    this.seconds = (clock() - this.#started) / 1000;
    this.#listener.ended(this, outcome, cause);
    this.#resolve();
  }
}
