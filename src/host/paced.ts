/** A reading that costs: repeated when it is old enough, and never so often that it costs much. */
import { perfNow } from '../clock.ts';

/** Reading takes at most this share of the time of one core: one that took 5 ms is repeated after a second. */
const SHARE = 1 / 200;
/** Readings whose cheapest tells what one costs: on a busy machine the others took longer without costing more. */
const LOOKED_AT = 3;
/** ms after which it is repeated whatever it costs; before that many are known, whatever they seem to cost. */
const MOST = 60_000;
const MOST_AT_FIRST = 2000;

export class Paced<T> {
  readonly #take: (time: number) => T;
  readonly #least: number;
  /** ms that the last readings took. */
  readonly #costs: number[] = [];
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
    this.#costs.push(perfNow() - begin);
    if (this.#costs.length > LOOKED_AT) this.#costs.shift();
    const most = this.#costs.length < LOOKED_AT ? MOST_AT_FIRST : MOST;
    this.#next = time + Math.max(this.#least, Math.min(most, Math.min(...this.#costs) / SHARE));
    this.#value = { of };
    return of;
  }
}
