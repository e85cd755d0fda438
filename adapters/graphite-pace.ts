/** A bound on the rate at which lines leave, so that an hour of them does not fall on carbon at once. */

/** Bytes per second, about 20000 lines: above what one process makes, below what carbon takes. */
export const PACE = 2 * 1024 * 1024;
/** Bytes that leave at once after a pause. */
export const BURST = 256 * 1024;

/** A token bucket. `now`: ms, monotonic. */
export class Pace {
  readonly #now: () => number;
  #budget = BURST;
  #at: number;

  constructor(now: () => number) {
    this.#now = now;
    this.#at = now();
  }

  /** ms until something may leave; 0: now. */
  wait(): number {
    const time = this.#now();
    this.#budget = Math.min(BURST, this.#budget + ((time - this.#at) / 1000) * PACE);
    this.#at = time;
    return this.#budget > 0 ? 0 : Math.ceil((-this.#budget / PACE) * 1000) + 1;
  }

  spend(bytes: number): void {
    this.#budget -= bytes;
  }
}
