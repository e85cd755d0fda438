/** When a sampler is asked: in every round, unless it failed lately or keeps blocking the loop. Counts rounds, not time. */

const MAX_SKIP = 16;
const MAX_STRIDE = 16;
/** Synchronous ms above which a call counts as slow, and how many in a row it takes to slow a sampler down. */
export const SLOW_MS = 50;
export const SLOW_CALLS = 3;

export class Backoff {
  #failures = 0;
  /** Rounds still to be left out. */
  #skip = 0;
  #slow = 0;
  /** The sampler is asked in every `stride`th round. */
  #stride = 1;

  /** Call once a round: whether the sampler is due. */
  due(): boolean {
    if (this.#skip === 0) return true;
    this.#skip--;
    return false;
  }

  /** Leaves out 1, 2, 4 … 16 rounds. */
  failed(): void {
    this.#skip = Math.max(this.#stride - 1, Math.min(MAX_SKIP, 2 ** this.#failures));
    this.#failures++;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#skip = this.#stride - 1;
  }

  /** Call before `failed` or `succeeded`, with the call's synchronous time. True when it has just slowed the sampler down. */
  blocked(ms: number): boolean {
    if (ms <= SLOW_MS) {
      this.#slow = 0;
      this.#stride = Math.max(1, this.#stride / 2);
      return false;
    }
    if (++this.#slow < SLOW_CALLS) return false;
    this.#slow = 0;
    this.#stride = Math.min(MAX_STRIDE, this.#stride * 2);
    return true;
  }
}
