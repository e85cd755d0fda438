/** A timer that does not drift: call `n` comes at begin + n × interval, a call that was missed is left out. */
import { now, timers } from '../clock.ts';

/**
 * Calls `task` every `interval` ms, never twice at once. Returns what ends it. The timer keeps no process alive.
 * `task` must not throw or reject.
 */
export function every(interval: number, task: () => void | Promise<void>): () => void {
  const begin = now();
  let calls = 0;
  let running = false;
  let timer: ReturnType<typeof timers.setTimeout>;

  const run = async () => {
    arm();
    if (running) return;
    running = true;
    await task();
    running = false;
  };
  const arm = () => {
    const elapsed = now() - begin;
    // A timer may fire a fraction of a millisecond early: the next call is never the one that just came.
    calls = Math.max(calls + 1, Math.ceil(elapsed / interval));
    timer = timers.setTimeout(run, calls * interval - elapsed);
    timer.unref();
  };
  arm();
  return () => timers.clearTimeout(timer);
}
