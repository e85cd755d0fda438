/** The last points of one number over time. What never had a value costs nothing. */
import { PAGE, type Pages } from './pages.ts';

const NONE = -1;

export class Ring {
  readonly #pages: Pages;
  /** By place: the page, and which stretch of `PAGE` points it holds. */
  readonly #held: Int32Array;
  readonly #stretches: Int32Array;

  /** @param capacity points that can be read back at least */
  constructor(pages: Pages, capacity: number) {
    this.#pages = pages;
    // One more, since a page is reused as a whole.
    const places = Math.ceil(capacity / PAGE) + 1;
    this.#held = new Int32Array(places).fill(NONE);
    this.#stretches = new Int32Array(places).fill(NONE);
  }

  /** `at`: the number of the point, from 0, the same in every ring; never less than before. */
  write(at: number, value: number): void {
    const stretch = Math.floor(at / PAGE);
    const place = stretch % this.#held.length;
    if (this.#held[place] === NONE) this.#held[place] = this.#pages.take();
    else if (this.#stretches[place] !== stretch) this.#pages.clear(this.#held[place]!);
    this.#stretches[place] = stretch;
    this.#pages.write(this.#held[place]!, at % PAGE, value);
  }

  /** NaN: none. */
  read(at: number): number {
    const stretch = Math.floor(at / PAGE);
    const place = stretch % this.#held.length;
    const isHeld = this.#held[place] !== NONE && this.#stretches[place] === stretch;
    return isHeld ? this.#pages.read(this.#held[place]!, at % PAGE) : Number.NaN;
  }

  /** Gives back what holds only points before `at`. Returns whether anything is left. */
  forget(at: number): boolean {
    let isEmpty = true;
    for (let place = 0; place < this.#held.length; place++) {
      if (this.#held[place] === NONE) continue;
      if ((this.#stretches[place]! + 1) * PAGE > at) {
        isEmpty = false;
        continue;
      }
      this.#pages.give(this.#held[place]!);
      this.#held[place] = NONE;
    }
    return !isEmpty;
  }
}
