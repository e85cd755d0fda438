/** Time in which the reporter thread itself did not run: the whole process was stopped, or got no CPU. Pure. */
import type { Found } from './findings.ts';
import { seconds } from './stall-text.ts';
import { causeOfWait, type Starvation } from './starvation.ts';

/** What the reporter knows of its own thread at a look. Times in ms. */
export interface Own {
  readonly time: number;
  /** CPU used, and time it waited for one; undefined without the kernel's word. */
  readonly schedule: { readonly cpu: number; readonly wait: number } | undefined;
  /** Time its event loop was active: stands in for CPU. */
  readonly active: number;
  /** Since the machine was started, suspended time included; undefined when unknown. */
  readonly uptime: number | undefined;
  /** That the CPU quota held threads back, on all CPUs together; undefined: there is none. */
  readonly throttled: number | undefined;
}

export interface Absence {
  /** ms */
  readonly duration: number;
  readonly why: 'stopped' | 'suspended' | Starvation;
  /** ms, as in `Own`. */
  readonly throttled: number | undefined;
}

/** ms of lateness that are nothing special on a busy machine. */
const USUAL = 200;
/** ms that the machine must have slept to be called suspended: `uptime` is told in hundredths of a second. */
const SLEPT = 1000;
const MOST = 0.5;

/**
 * @param before the last look at which all was well
 * @param expected when this look was due
 * @returns Undefined when nothing was missed, or when it was the reporter's own work that took so long.
 */
export function absenceOf(before: Own, expected: number, after: Own): Absence | undefined {
  const slept = sleptBetween(before, after);
  const throttled = throttledBetween(before, after);
  if (slept >= SLEPT) return { duration: slept, why: 'suspended', throttled };
  const missed = after.time - expected;
  if (missed < USUAL) return undefined;
  const { schedule } = after;
  const worked = schedule && before.schedule ? schedule.cpu - before.schedule.cpu : after.active - before.active;
  if (worked >= MOST * missed) return undefined;
  // Where the kernel does not tell who waited, a quota that was used up does.
  const waited = schedule && before.schedule ? schedule.wait - before.schedule.wait : (throttled ?? 0);
  const why = waited >= MOST * missed ? causeOfWait(missed, throttled) : 'stopped';
  return { duration: missed, why, throttled };
}

/** A group that is another one by now counts from 0. */
function throttledBetween(before: Own, after: Own): number | undefined {
  if (before.throttled === undefined || after.throttled === undefined) return undefined;
  return Math.max(0, after.throttled - before.throttled);
}

/** CLOCK_MONOTONIC stands still while the machine is suspended, its uptime does not. */
function sleptBetween(before: Own, after: Own): number {
  if (before.uptime === undefined || after.uptime === undefined) return 0;
  return after.uptime - before.uptime - (after.time - before.time);
}

/** `until`: epoch ms. */
export function absenceFound({ duration, why, throttled }: Absence, until: number): Found {
  const time = seconds(duration / 1e3);
  const text = {
    stopped: `process stopped for ${time}`,
    cpu: `process starved of CPU for ${time}`,
    quota: `process starved of CPU for ${time}: the CPU quota of its container was used up`,
    suspended: `machine suspended for ${time}`,
  };
  const isStarved = why === 'cpu' || why === 'quota';
  const evidence = { duration: Math.round(duration) / 1e3, cause: why };
  return {
    kind: isStarved ? 'starved' : 'stopped',
    since: until - duration,
    worker: 'main',
    severity: 'warning',
    title: text[why],
    evidence: isStarved
      ? { ...evidence, throttled: throttled === undefined ? null : Math.round(throttled) / 1e3 }
      : evidence,
  };
}
