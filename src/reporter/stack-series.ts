/**
 * The stacks of one stall, taken one after the other: many at first, so that the function that stays is told from those
 * it calls, then ever fewer.
 */
import { now, timers } from '../clock.ts';
import type { Capture, Stack } from './stack-capture.ts';

/** Why a stall has no stack. */
export type Stackless = 'off' | 'debugger' | 'worker' | 'unavailable';

/** ms from an answer to the next question: the first gap, and what each is longer than the last, up to a limit. */
const FIRST_GAP = 2;
const GROWTH = 1.02;
const GAP_LIMIT = 5000;
/** ms to the next question after an answer that told nothing, and how often that is done. */
const RETRY_GAP = 1;
const RETRIES = 150;
/** ms that a stack may come late when the stall is over: it was taken when a native call returned. */
const LATE = 500;

export class StackSeries {
  readonly #capture: () => Capture | Stackless;
  readonly #take: (stack: Stack) => boolean;
  readonly #limit: number;
  #gap = FIRST_GAP;
  #asked = 0;
  #retries = 0;
  #pending: Capture | undefined;
  #timer: ReturnType<typeof timers.setTimeout> | undefined;
  #isOver = false;
  /** ms, monotonic: when the first question was asked; 0 before. */
  begun = 0;
  /** Why there was no question, the last time. */
  stackless: Stackless | undefined;

  /**
   * @param take given each stack as it comes; returns whether it told anything. Must not throw
   * @param limit questions in all
   */
  constructor(capture: () => Capture | Stackless, take: (stack: Stack) => boolean, limit: number) {
    this.#capture = capture;
    this.#take = take;
    this.#limit = limit;
  }

  /** A question is not answered yet. */
  get isPending(): boolean {
    return this.#pending !== undefined;
  }

  /** ms, monotonic: when the question was asked that is not answered yet; Infinity when there is none. */
  get pendingSince(): number {
    return this.#pending && !this.#pending.isAnswered ? this.#pending.asked : Number.POSITIVE_INFINITY;
  }

  /** Asks the first question, or again where there was none to be asked; the others follow by themselves. */
  ask(): void {
    if (this.#pending || this.#timer || this.#isOver || this.#asked >= this.#limit) return;
    const capture = this.#capture();
    if (typeof capture === 'string') {
      this.stackless = capture;
      return;
    }
    this.begun ||= now();
    this.#asked += 1;
    this.#pending = capture;
    void capture.answer.then((stack) => this.#answered(stack));
  }

  #answered(stack: Stack | undefined): void {
    this.#pending = undefined;
    const isTelling = stack !== undefined && this.#take(stack);
    if (this.#isOver) return;
    // Between two microtasks there is no stack: the next question may land better.
    const isRetry = !isTelling && ++this.#retries <= RETRIES;
    this.#timer = timers.setTimeout(
      () => {
        this.#timer = undefined;
        this.ask();
      },
      isRetry ? RETRY_GAP : this.#gap,
    );
    this.#timer.unref();
    if (!isRetry) this.#gap = Math.min(GAP_LIMIT, this.#gap * GROWTH);
  }

  /** No question any more. Resolves when the last one is answered or was taken back after 500 ms; never rejects. */
  async end(): Promise<void> {
    const pending = this.#stop();
    if (!pending) return;
    const limit = timers.setTimeout(() => pending.abandon(), LATE);
    await pending.answer;
    timers.clearTimeout(limit);
  }

  /** No question any more, and the last one is taken back. */
  abandon(): void {
    this.#stop()?.abandon();
  }

  #stop(): Capture | undefined {
    this.#isOver = true;
    timers.clearTimeout(this.#timer);
    return this.#pending;
  }
}
