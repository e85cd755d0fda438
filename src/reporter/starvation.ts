/** Whether it is the lack of CPU that makes a thread late, and who kept it from having any. Pure. */

/** What came over a thread since its last beat. All in ms. */
export interface Scarce {
  readonly elapsed: number;
  /** On a CPU. */
  readonly ran: number;
  /** Waited for something else than a CPU. */
  readonly slept: number;
  /** For which the quota of the control group held threads back, on all CPUs together; undefined: there is none. */
  readonly throttled: number | undefined;
}

/** `quota`: that of the control group was used up. `cpu`: others had it. */
export type Starvation = 'quota' | 'cpu';

const MOST = 0.5;

/**
 * Undefined when the thread would be late without that as well. What is missing of `threshold` has to be clear: without
 * CPU nobody knows what else it would have done, so half of it counts; with a quota used up most of the time it is known
 * who held it back, and the whole.
 *
 * @param late ms
 * @param threshold ms
 */
export function starvationOf(seen: Scarce, late: number, threshold: number): Starvation | undefined {
  const { elapsed, ran, slept, throttled } = seen;
  if (elapsed <= 0) return undefined;
  const why = causeOfWait(elapsed - ran - slept, throttled);
  const own = late * Math.min(1, (ran + slept) / elapsed);
  return own < (why === 'quota' ? threshold : threshold / 2) ? why : undefined;
}

/** Why threads that waited for a CPU so long (ms) did not get one. */
export function causeOfWait(waited: number, throttled: number | undefined): Starvation {
  return throttled !== undefined && throttled > 0 && throttled >= MOST * waited ? 'quota' : 'cpu';
}
