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
/** performance.now() counts from another moment in each thread, hrtime() does not: the difference makes them one. */
const monotonicOffset = offsetOf(() => {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e3 + nanoseconds / 1e6;
});
let epochOffset = performance.timeOrigin;

/** Milliseconds on CLOCK_MONOTONIC, the same in every thread of the process. */
export function now(): number {
  return perfNow() + monotonicOffset;
}

/** Milliseconds since the epoch with sub-millisecond digits, for a monotonic `time` of `now()`. */
export function epochOf(time: number): number {
  return time - monotonicOffset + epochOffset;
}

/**
 * Follows the wall clock when it was stepped. Called by the heartbeat. The wall clock tells whole milliseconds, and this
 * thread may be preempted while it is read: the offset moves only as far as that reading proves it wrong.
 */
export function followWallClock(): void {
  const before = perfNow();
  const wall = dateNow();
  const after = perfNow();
  epochOffset = Math.min(Math.max(epochOffset, wall - after), wall + 1 - before);
}

/** What `clock` (ms) is ahead of performance.now(): the tightest of several readings, since a thread may be preempted. */
function offsetOf(clock: () => number): number {
  let tightest = Number.POSITIVE_INFINITY;
  let offset = 0;
  for (let reading = 0; reading < 5; reading++) {
    const before = perfNow();
    const time = clock();
    const after = perfNow();
    if (after - before >= tightest) continue;
    tightest = after - before;
    offset = time - (before + after) / 2;
  }
  return offset;
}

const processStart = dateNow() - process.uptime() * 1e3;

/**
 * Epoch ms at which the process started, always the same number: values that count from a later moment than before
 * would be taken for a reset.
 */
export function processStartTime(): number {
  return processStart;
}

/** Waits for the work, but no longer than `limit` ms. Rejects as the work does. */
export async function atMost(work: Promise<unknown>, limit: number): Promise<void> {
  let timer: ReturnType<typeof timers.setTimeout> | undefined;
  const patience = new Promise<void>((resolve) => {
    timer = timers.setTimeout(resolve, limit);
  });
  await Promise.race([work, patience]);
  timers.clearTimeout(timer);
}
