/** Histograms added up, and what they say: pure. Reused from interval to interval, since one has hundreds of cells. */
import { explicitQuantile } from '../snapshot/quantile.ts';
import type { ExponentialBuckets, HistogramPoint } from '../snapshot/snapshot.ts';
import { BUCKETS, cellValue, EXPONENTIAL_CELLS, OFFSET, SCALE } from '../store/buckets.ts';

/** Cells that hold something: index and count by turns. */
export type Sparse = Uint32Array;

export class Distribution {
  /** As in the store: underflow, buckets, overflow. */
  readonly #cells = new Float64Array(EXPONENTIAL_CELLS);
  /** No other cell holds anything: of hundreds a few dozen do. */
  #lowest = EXPONENTIAL_CELLS;
  #highest = -1;
  #explicit = new Float64Array(0);
  #bounds: readonly number[] = [];
  /** Every histogram that was added has exponential buckets. */
  #isFine = true;
  #count = 0;
  #sum = 0;

  get count(): number {
    return this.#count;
  }

  /** Of all values, in the metric's unit. */
  get sum(): number {
    return this.#sum;
  }

  clear(): this {
    this.#cells.fill(0, this.#lowest, this.#highest + 1);
    this.#lowest = EXPONENTIAL_CELLS;
    this.#highest = -1;
    this.#explicit.fill(0);
    this.#isFine = true;
    this.#count = 0;
    this.#sum = 0;
    return this;
  }

  /** Adds histograms of one metric. `bounds`: its explicit bounds. */
  add(points: readonly HistogramPoint[], bounds: readonly number[]): this {
    if (this.#explicit.length !== bounds.length + 1) this.#explicit = new Float64Array(bounds.length + 1);
    this.#bounds = bounds;
    for (const { counts, sum, exponential } of points) {
      for (let i = 0; i < this.#explicit.length; i++) {
        this.#explicit[i]! += counts[i] ?? 0;
        this.#count += counts[i] ?? 0;
      }
      this.#sum += sum;
      if (exponential?.scale === SCALE) this.#addExponential(exponential);
      else this.#isFine = false;
    }
    return this;
  }

  addSparse(sparse: Sparse): void {
    for (let i = 0; i < sparse.length; i += 2) {
      this.#addCell(sparse[i]!, sparse[i + 1]!);
      this.#count += sparse[i + 1]!;
    }
  }

  sparse(): Sparse {
    const found: number[] = [];
    for (let cell = this.#lowest; cell <= this.#highest; cell++) {
      if (this.#cells[cell]! > 0) found.push(cell, this.#cells[cell]!);
    }
    return Uint32Array.from(found);
  }

  /** Within 2.2 % where exponential buckets are kept, else linear in its explicit bucket; null when there is no value. */
  quantile(q: number): number | null {
    if (this.#count === 0) return null;
    if (this.#isFine) return this.#exponentialQuantile(q);
    return this.#bounds.length === 0 ? null : explicitQuantile(this.#explicit, this.#bounds, q * this.#count);
  }

  /** Nearest rank. */
  #exponentialQuantile(q: number): number {
    const rank = Math.max(1, Math.ceil(q * this.#count));
    let seen = 0;
    for (let cell = this.#lowest; cell < this.#highest; cell++) {
      seen += this.#cells[cell]!;
      if (seen >= rank) return cellValue(cell);
    }
    return cellValue(this.#highest);
  }

  #addExponential({ offset, counts, zeroCount }: ExponentialBuckets): void {
    this.#addCell(0, zeroCount);
    const first = offset - OFFSET + 1;
    for (let i = 0; i < counts.length; i++) {
      if (counts[i]! > 0) this.#addCell(Math.min(BUCKETS + 1, Math.max(0, first + i)), counts[i]!);
    }
  }

  #addCell(cell: number, count: number): void {
    if (count === 0) return;
    this.#cells[cell]! += count;
    if (cell < this.#lowest) this.#lowest = cell;
    if (cell > this.#highest) this.#highest = cell;
  }
}
