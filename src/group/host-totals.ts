/** Counters of the host, which one process tells for all: they go on when another one takes over. Pure. */
import { delta } from '../snapshot/delta.ts';
import type { MetricSnapshot, Snapshot } from '../snapshot/snapshot.ts';
import { Ledger } from './ledger.ts';

const SERIES_LIMIT = 1000;

export class HostTotals {
  readonly #ledger = new Ledger(SERIES_LIMIT);
  #begin: Snapshot | undefined;

  /** `shown` by the leader before; `own`: what this process reads at `time` (epoch ms), which it has not shown. */
  follow(shown: readonly MetricSnapshot[], own: readonly MetricSnapshot[], time: number): void {
    this.#ledger.observe(shown);
    this.#begin = { time, resource: {}, metrics: own };
  }

  /** What is to be shown for what this process reads at `time`: what was shown before, and what came since. */
  read(own: readonly MetricSnapshot[], time: number): MetricSnapshot[] {
    const since = this.#begin ? delta(this.#begin, { time, resource: {}, metrics: own }).metrics : own;
    return this.#ledger.observe(since);
  }
}
