/**
 * The pulse of an app's thread: every 20 ms while requests are or were lately in flight, every 200 ms otherwise.
 * Its lateness is the event-loop delay; its absence tells the reporter thread that the loop is blocked.
 */
import { performance } from 'node:perf_hooks';
import { followWallClock, now, timers } from '../clock.ts';
import { reasonOf } from '../errors.ts';
import { HEADER } from '../store/layout.ts';

/** ms */
export const BUSY_INTERVAL = 20;
export const IDLE_INTERVAL = 200;
/** ms without a request until the pulse slows down. */
const QUIET_AFTER = 5000;
/** ms between calls of what is registered with `everySecond`. */
const SECOND = 1000;

export type Beat = (time: number, delay: number, interval: number) => void;

export class Heartbeat {
  readonly #cells: Float64Array;
  readonly #warn: (key: string, line: string) => void;
  readonly #beats = new Set<Beat>();
  readonly #seconds = new Set<(time: number) => void>();
  #timer: ReturnType<typeof timers.setInterval> | undefined;
  #interval = 0;
  #last = 0;
  #lastSecond = 0;
  /** ms in all that this thread was parked: idle time, whatever Node says. */
  #parked = 0;

  /** @param warn told when something on the pulse throws, which takes nothing else down. Default: nobody is told */
  constructor(cells: Float64Array, warn: (key: string, line: string) => void = () => {}) {
    this.#cells = cells;
    this.#warn = warn;
  }

  /** Calls `beat` at every pulse with the time, the delay and the interval, all ms; returns what ends that. */
  onBeat(beat: Beat): () => void {
    this.#beats.add(beat);
    return () => this.#beats.delete(beat);
  }

  /** Calls `tick` at most once a second, on a pulse. */
  everySecond(tick: (time: number) => void): () => void {
    this.#seconds.add(tick);
    return () => this.#seconds.delete(tick);
  }

  /** A beat that was promised in the map before this was there comes now, late or not. */
  start(): void {
    this.#last = this.#cells[HEADER.beat] || now();
    this.#interval = this.#cells[HEADER.beatInterval]!;
    if (this.#cells[HEADER.beat] !== 0) this.#pulse();
    this.#arm(BUSY_INTERVAL);
    this.#mark(now());
  }

  stop(): void {
    timers.clearInterval(this.#timer);
    this.#timer = undefined;
    this.#cells[HEADER.beat] = 0;
  }

  #arm(interval: number): void {
    timers.clearInterval(this.#timer);
    this.#interval = interval;
    this.#timer = timers.setInterval(() => this.#pulse(), interval);
    this.#timer.unref();
  }

  #pulse(): void {
    const time = now();
    const delay = Math.max(0, time - this.#awake());
    this.#last = time;
    this.#mark(time);
    for (const beat of this.#beats) this.#guard(() => beat(time, delay, this.#interval));
    if (time - this.#lastSecond >= SECOND) {
      this.#lastSecond = time;
      followWallClock();
      for (const tick of this.#seconds) this.#guard(() => tick(time));
    }
    const busy = this.#cells[HEADER.busyNow]! > 0 || time - this.#cells[HEADER.busyAt]! < QUIET_AFTER;
    const wanted = busy ? BUSY_INTERVAL : IDLE_INTERVAL;
    if (wanted !== this.#interval) this.#arm(wanted);
  }

  /** What throws here would end the app: reading memory does where no file can be opened any more. */
  #guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      const reason = reasonOf(error);
      this.#warn(`pulse:${reason}`, `some numbers are not read this time (${reason})`);
    }
  }

  /** ms: when the loop was due to turn. By the reporter's word where the thread slept in `Atomics.wait`, which it can't tell. */
  #awake(): number {
    const due = this.#last + this.#interval;
    if (this.#cells[HEADER.parkedBeat] !== this.#last) return due;
    this.#parked += this.#cells[HEADER.parkedTime]!;
    return Math.max(due, this.#cells[HEADER.parkedAt]!);
  }

  #mark(time: number): void {
    const { active, idle } = performance.eventLoopUtilization();
    this.#cells[HEADER.loopActive] = Math.max(0, active - this.#parked);
    this.#cells[HEADER.loopIdle] = idle + this.#parked;
    this.#cells[HEADER.beatInterval] = this.#interval;
    this.#cells[HEADER.beat] = time;
  }
}
