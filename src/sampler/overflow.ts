/**
 * The series that stands for all series over budget. Their identities are not kept, so their growth is taken from the
 * sum over one round: it rises with that sum and never falls, except for updowns, which follow it.
 */
import { type MetricKind, OVERFLOW_ATTRIBUTES } from '../snapshot/metric.ts';
import type { HistogramPoint, Point } from '../snapshot/snapshot.ts';

/** Complete rounds after which what was not put is forgotten. */
export const FORGET_AFTER = 10;

export class Overflow {
  readonly startTime: number;
  readonly #kind: MetricKind;
  /** What was put in the present round. A histogram is its counts followed by its sum; anything else is one cell. */
  #round: number[] | undefined;
  /** The sums that `#total` already contains. */
  #last: readonly number[] | undefined;
  #total: readonly number[] | undefined;
  /** Complete rounds in a row with nothing put, and with less put than before. */
  #idle = 0;
  #fallen = 0;

  constructor(kind: MetricKind, startTime: number) {
    this.#kind = kind;
    this.startTime = startTime;
  }

  add(value: number | HistogramPoint): void {
    const cells = typeof value === 'number' ? [value] : [...Array.from(value.counts), value.sum];
    const round = this.#round;
    if (round === undefined) this.#round = cells;
    else for (let i = 0; i < cells.length; i++) round[i]! += cells[i]!;
  }

  /** Ends a round. A round that is not complete (throw, timeout) can only raise the total. */
  commit(complete: boolean): void {
    const round = this.#round;
    this.#round = undefined;
    if (round === undefined) {
      if (complete) this.#idle++;
      return;
    }
    this.#idle = 0;
    if (!round.every(Number.isFinite)) return;
    if (this.#kind === 'updown') {
      if (complete) this.#total = round;
    } else if (!this.#falls(round)) {
      this.#grow(round);
    } else if (complete && ++this.#fallen >= FORGET_AFTER) {
      this.#fallen = 0;
      this.#last = round;
    }
  }

  /** No complete round has put anything here for so long that nothing alive can be counted in it. */
  get forgotten(): boolean {
    return this.#idle >= FORGET_AFTER;
  }

  get point(): Point | undefined {
    const total = this.#total;
    if (total === undefined) return undefined;
    const value = this.#kind === 'histogram' ? { counts: total.slice(0, -1), sum: total.at(-1)! } : total[0]!;
    return { attributes: OVERFLOW_ATTRIBUTES, startTime: this.startTime, value };
  }

  #grow(round: readonly number[]): void {
    const last = this.#last;
    const total = this.#total;
    const raised = round.map((cell, i) => (total?.[i] ?? 0) + (cell - (last?.[i] ?? 0)));
    if (raised.every(Number.isFinite)) this.#total = raised;
    this.#last = round;
    this.#fallen = 0;
  }

  /** A member left or started again. A histogram's sum may fall by itself: it can hold negative values. */
  #falls(round: readonly number[]): boolean {
    const last = this.#last;
    const monotonic = this.#kind === 'histogram' ? round.length - 1 : round.length;
    return last !== undefined && round.slice(0, monotonic).some((cell, i) => cell < last[i]!);
  }
}
