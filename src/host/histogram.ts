/** A histogram that the reporter thread keeps itself. */
import type { HistogramPoint } from '../snapshot/snapshot.ts';
import { explicitCell } from '../store/buckets.ts';

export class HostHistogram {
  readonly #bounds: readonly number[];
  readonly #counts: Float64Array;
  #sum = 0;

  /** `bounds`: of its metric. */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  record(value: number): void {
    this.#counts[explicitCell(this.#bounds, value)]! += 1;
    this.#sum += value;
  }

  /** A copy. */
  value(): HistogramPoint {
    return { counts: this.#counts.slice(), sum: this.#sum };
  }
}
