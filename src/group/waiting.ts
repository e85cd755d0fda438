/** Waiting, with clocks that no fake-timer library stops. */
import { timers } from '../clock.ts';

/** ms between two tries, different for each process. */
export function pause(): Promise<void> {
  return new Promise((resolve) => {
    timers.setTimeout(resolve, 10 + Math.random() * 30);
  });
}

/** Waits for the work, but no longer than `limit` ms. */
export async function atMost(work: Promise<void>, limit: number): Promise<void> {
  let timer: ReturnType<typeof timers.setTimeout> | undefined;
  const late = new Promise<void>((resolve) => {
    timer = timers.setTimeout(resolve, limit);
  });
  await Promise.race([work, late]);
  timers.clearTimeout(timer);
}
