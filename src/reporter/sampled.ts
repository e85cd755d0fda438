/** The app's samplers as the reporter thread knows them: asked by message, never waited for when the loop is blocked. */
import { timers } from '../clock.ts';
import type { Metric } from '../snapshot/metric.ts';
import type { MetricSnapshot, Point } from '../snapshot/snapshot.ts';

const STALE: Metric = {
  name: 'loadline.sampler.stale',
  kind: 'counter',
  unit: '{round}',
  help: 'Rounds in which a sampler could not be asked, because the app’s thread was blocked, and its last values were served.',
};
export const SAMPLED_METRICS: readonly Metric[] = [STALE];

/** ms until the app's thread must have said that it is asking; else it counts as blocked. */
const PATIENCE = 70;
/** ms between looks at the heartbeat while waiting. */
const LOOK = 10;
/** ms for which values are fresh: scrapers in a row do not make the app work. */
const FRESH = 100;

export interface SampledOptions {
  /** Asks the app's thread for a round. */
  ask(round: number): void;
  /** Whether the app's loop is blocked now. */
  isBlocked(): boolean;
  /** ms, monotonic. */
  now(): number;
  /** ms that a sampler may take. */
  timeout: number;
  /** Epoch ms that the own counter counts from. */
  startTime: number;
  /** What an earlier reporter was told last. Default: nothing. */
  values?: readonly MetricSnapshot[] | undefined;
}

export class Sampled {
  readonly #options: SampledOptions;
  readonly #stale = new Map<string, number>();
  #values: readonly MetricSnapshot[] = [];
  #round = 0;
  /** The round that the app's thread has not answered yet; 0 = none. */
  #pending = 0;
  #asking = false;
  #collectedAt = Number.NEGATIVE_INFINITY;
  #waiting: Promise<void> | undefined;
  #settle: (() => void) | undefined;

  constructor(options: SampledOptions) {
    this.#options = options;
    this.#values = options.values ?? [];
  }

  /** Resolves when the values are as fresh as they can be had without waiting for a blocked thread. Never rejects. */
  refresh(): Promise<void> {
    if (this.#options.now() - this.#collectedAt < FRESH) return Promise.resolve();
    this.#waiting ??= this.#wait().finally(() => {
      this.#waiting = undefined;
    });
    return this.#waiting;
  }

  onAsking(round: number): void {
    if (round === this.#pending) this.#asking = true;
  }

  /** Values that come late, after a block, are taken all the same. */
  onCollected(round: number, metrics: readonly MetricSnapshot[]): void {
    if (round !== this.#pending) return;
    this.#pending = 0;
    this.#values = metrics;
    this.#collectedAt = this.#options.now();
    this.#settle?.();
  }

  /** The app's last word: nothing is asked any more. */
  onFinal(metrics: readonly MetricSnapshot[]): void {
    this.#values = metrics;
    this.#collectedAt = Number.POSITIVE_INFINITY;
    this.#settle?.();
  }

  /** What was said last, without the own counter. */
  get values(): readonly MetricSnapshot[] {
    return this.#values;
  }

  metrics(): readonly MetricSnapshot[] {
    if (this.#stale.size === 0) return this.#values;
    const { startTime } = this.#options;
    const points: Point[] = [];
    for (const [scope, value] of this.#stale) points.push({ attributes: { scope }, startTime, value });
    return [...this.#values, { metric: STALE, scope: { name: 'loadline' }, points }];
  }

  async #wait(): Promise<void> {
    if (this.#pending === 0) {
      this.#pending = ++this.#round;
      this.#asking = false;
      this.#options.ask(this.#pending);
    }
    if (!this.#options.isBlocked()) await this.#answer();
    if (this.#pending !== 0) this.#countStale();
  }

  #answer(): Promise<void> {
    const { isBlocked, now, timeout } = this.#options;
    const begin = now();
    return new Promise((resolve) => {
      const timer = timers.setInterval(() => {
        const waited = now() - begin;
        const limit = this.#asking ? timeout + PATIENCE : PATIENCE;
        if (waited > limit || isBlocked()) this.#settle?.();
      }, LOOK);
      this.#settle = () => {
        timers.clearInterval(timer);
        this.#settle = undefined;
        resolve();
      };
    });
  }

  #countStale(): void {
    const scopes = new Set(this.#values.map(({ scope }) => scope.name));
    scopes.delete('loadline');
    for (const scope of scopes) this.#stale.set(scope, (this.#stale.get(scope) ?? 0) + 1);
  }
}
