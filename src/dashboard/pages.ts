/** Memory for points, in pages that are taken when there is something to keep and given back when it is old. */

/** Points in a page. */
export const PAGE = 120;
/** Pages that are allocated at once: 30 kB. */
const SLAB = 64;

export class Pages {
  readonly #slabs: Float32Array[] = [];
  #free: number[] = [];

  /** A page without values, which are NaN. */
  take(): number {
    if (this.#free.length === 0) this.#grow();
    const page = this.#free.pop()!;
    this.clear(page);
    return page;
  }

  give(page: number): void {
    this.#free.push(page);
  }

  clear(page: number): void {
    const at = offsetOf(page);
    this.#slabOf(page).fill(Number.NaN, at, at + PAGE);
  }

  read(page: number, index: number): number {
    return this.#slabOf(page)[offsetOf(page) + index]!;
  }

  write(page: number, index: number, value: number): void {
    this.#slabOf(page)[offsetOf(page) + index] = value;
  }

  /** What is allocated, free pages included. */
  get bytes(): number {
    return this.#slabs.length * SLAB * PAGE * Float32Array.BYTES_PER_ELEMENT;
  }

  #grow(): void {
    const first = this.#slabs.push(new Float32Array(SLAB * PAGE)) - 1;
    this.#free = Array.from({ length: SLAB }, (_, i) => (first + 1) * SLAB - 1 - i);
  }

  #slabOf(page: number): Float32Array {
    return this.#slabs[Math.floor(page / SLAB)]!;
  }
}

function offsetOf(page: number): number {
  return (page % SLAB) * PAGE;
}
