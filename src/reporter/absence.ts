/** Time in which the reporter thread itself did not run: the whole process was stopped, or got no CPU. Pure. */
import type { Found } from './findings.ts';
import { seconds } from './stall-text.ts';

/** What the reporter knows of its own thread at a look. Times in ms. */
export interface Own {
  readonly time: number;
  /** CPU used, and time it waited for one; undefined without the kernel's word. */
  readonly schedule: { readonly cpu: number; readonly wait: number } | undefined;
  /** Time its event loop was active: stands in for CPU. */
  readonly active: number;
  /** Since the machine was started, suspended time included; undefined when unknown. */
  readonly uptime: number | undefined;
}

export interface Absence {
  /** ms */
  readonly duration: number;
  readonly why: 'stopped' | 'starved' | 'suspended';
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
  if (slept >= SLEPT) return { duration: slept, why: 'suspended' };
  const missed = after.time - expected;
  if (missed < USUAL) return undefined;
  const { schedule } = after;
  const worked = schedule && before.schedule ? schedule.cpu - before.schedule.cpu : after.active - before.active;
  if (worked >= MOST * missed) return undefined;
  const waited = schedule && before.schedule ? schedule.wait - before.schedule.wait : 0;
  return { duration: missed, why: waited >= MOST * missed ? 'starved' : 'stopped' };
}

/** CLOCK_MONOTONIC stands still while the machine is suspended, its uptime does not. */
function sleptBetween(before: Own, after: Own): number {
  if (before.uptime === undefined || after.uptime === undefined) return 0;
  return after.uptime - before.uptime - (after.time - before.time);
}

/** `until`: epoch ms. `worker`: whose process it was. */
export function absenceFound({ duration, why }: Absence, until: number): Found {
  const text = {
    stopped: `process stopped for ${seconds(duration / 1e3)}`,
    starved: `process starved of CPU for ${seconds(duration / 1e3)}`,
    suspended: `machine suspended for ${seconds(duration / 1e3)}`,
  };
  return {
    kind: why === 'starved' ? 'starved' : 'stopped',
    since: until - duration,
    worker: 'main',
    severity: 'warning',
    title: text[why],
    evidence: { duration: Math.round(duration) / 1e3, cause: why === 'starved' ? 'cpu' : why },
  };
}
