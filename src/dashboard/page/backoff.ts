/** How long to wait before the next try. Pure. */

const FIRST = 500;
const LONGEST = 15_000;

/** ms before try number `tries` (from 1), doubling; `random` (0 to 1) spreads the pages that lost one server. */
export function backoff(tries: number, random: number): number {
  const delay = Math.min(LONGEST, FIRST * 2 ** Math.min(tries - 1, 10));
  return Math.round(delay * (0.75 + random / 4));
}
