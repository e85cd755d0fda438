/** How long to wait before the next attempt. */

/** ms */
const FIRST = 500;
const LONGEST = 30_000;

/** ms after `failures` (from 1) failed attempts in a row: doubled each time up to 30 s, of which the last half is random. */
export function backoff(failures: number, random: () => number = Math.random): number {
  const full = Math.min(LONGEST, FIRST * 2 ** Math.min(failures - 1, 10));
  return full / 2 + (full / 2) * random();
}
