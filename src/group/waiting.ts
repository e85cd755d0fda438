/** Between two tries. */
import { timers } from '../clock.ts';

/** 10 to 40 ms, different for each process. */
export function pause(): Promise<void> {
  return new Promise((resolve) => {
    timers.setTimeout(resolve, 10 + Math.random() * 30);
  });
}
