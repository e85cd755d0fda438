/** A reading that costs: repeated when it is old enough, and never so often that it costs much. */
import { perfNow } from '../clock.ts';

/** Reading takes at most this share of the time of one core: one that took 5 ms is repeated after a second. */
const SHARE = 1 / 200;
/** ms after which it is repeated whatever it costs. */
const MOST = 60_000;

export class Paced<T> {
  readonly #take: (time: number) => T;
  readonly #least: number;
  #next = Number.NEGATIVE_INFINITY;
  #value: { readonly of: T } | undefined;

  /** `least`: ms between two readings. */
  constructor(take: (time: number) => T, least: number) {
    this.#take = take;
    this.#least = least;
  }

  /** Whether the next `get` reads. */
  isDue(time: number): boolean {
    return this.#value === undefined || time >= this.#next;
  }

  /** The last reading, or a fresh one if that is due at `time` (ms, monotonic). Throws what reading throws. */
  get(time: number): T {
    if (this.#value && time < this.#next) return this.#value.of;
    this.#value = undefined;
    const begin = perfNow();
    const of = this.#take(time);
    this.#next = time + Math.min(MOST, Math.max(this.#least, (perfNow() - begin) / SHARE));
    this.#value = { of };
    return of;
  }
}
