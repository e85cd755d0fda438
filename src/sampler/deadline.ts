/** Waiting with a limit that a blocked event loop does not use up. */

// Taken at load, so that fake timers neither stop a collector nor see its timers.
const { setTimeout, clearTimeout } = globalThis;

const SLICES = 4;

/**
 * True when `work` settled first, false when `timeout` ms of running loop time passed first. The limit is waited for in
 * slices: while the loop is blocked at most one of them passes, so nobody times out for another's block.
 */
export function within(timeout: number, work: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve) => {
    let slices = SLICES;
    let timer: NodeJS.Timeout;
    const wait = (): void => {
      timer = setTimeout(() => (--slices > 0 ? wait() : resolve(false)), timeout / SLICES);
      timer.unref?.();
    };
    const settled = (): void => {
      clearTimeout(timer);
      resolve(true);
    };
    wait();
    work.then(settled, settled);
  });
}
