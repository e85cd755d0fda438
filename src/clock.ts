/**
 * The clocks, captured when the agent loads: a fake-timer library that the app installs later neither stops the agent
 * nor is disturbed by it.
 */
import { performance } from 'node:perf_hooks';

const { setTimeout, clearTimeout, setInterval, clearInterval } = globalThis;
export const timers = { setTimeout, clearTimeout, setInterval, clearInterval };

const dateNow = Date.now;
/** Milliseconds since this thread's time origin. */
export const perfNow: () => number = performance.now.bind(performance);
const [seconds, nanoseconds] = process.hrtime();
/** performance.now() counts from another moment in each thread, hrtime() does not: the difference makes them one. */
const monotonicOffset = seconds * 1e3 + nanoseconds / 1e6 - perfNow();
let epochOffset = performance.timeOrigin;

/** Milliseconds on CLOCK_MONOTONIC, the same in every thread of the process. */
export function now(): number {
  return perfNow() + monotonicOffset;
}

/** Milliseconds since the epoch with sub-millisecond digits, for a monotonic `time` of `now()`. */
export function epochOf(time: number): number {
  return time - monotonicOffset + epochOffset;
}

/** Follows the wall clock when it was stepped by more than 2 ms. Called by the heartbeat. */
export function followWallClock(): void {
  const wall = dateNow() + 0.5;
  const drift = wall - (perfNow() + epochOffset);
  if (drift > 2 || drift < -2) epochOffset += drift;
}

/** Epoch ms at which the process started; the same in every thread. */
export function processStartTime(): number {
  return dateNow() - process.uptime() * 1e3;
}
