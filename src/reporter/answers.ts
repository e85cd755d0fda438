/** Questions by message that are answered once, or not in time. */
import { timers } from '../clock.ts';

export class Answers<T> {
  readonly #open = new Map<number, (answer: T | undefined) => void>();
  #asked = 0;

  /** Resolves with the answer to the number that `send` was given; with undefined after `limit` ms. */
  ask(limit: number, send: (number: number) => void): Promise<T | undefined> {
    const number = ++this.#asked;
    return new Promise((resolve) => {
      const timer = timers.setTimeout(() => this.give(number, undefined), limit);
      this.#open.set(number, (answer) => {
        timers.clearTimeout(timer);
        resolve(answer);
      });
      send(number);
    });
  }

  give(number: number, answer: T | undefined): void {
    this.#open.get(number)?.(answer);
    this.#open.delete(number);
  }
}
