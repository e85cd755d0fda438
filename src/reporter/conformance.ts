/** Is this an adapter as docs/writing-an-adapter.md wants it? Usable from any test framework: no findings, no offence. */

import { awake } from '../conformance/awake.ts';
import type { Check, Finding } from '../conformance/finding.ts';
import { reasonOf } from '../errors.ts';
import type { AdapterCheckOptions } from './conformance/backend.ts';
import { DELIVERY } from './conformance/delivery.ts';
import { FAULTS } from './conformance/faults.ts';
import { type AdapterCheck, Lab } from './conformance/lab.ts';
import { TEXT } from './conformance/text.ts';

export type { AdapterCheckOptions, Backend, Carries, Received } from './conformance/backend.ts';

const SHAPE: Check = { section: '1', level: 'MUST', check: 'can-be-made' };
const CHECKS: readonly AdapterCheck[] = [...DELIVERY, ...TEXT, ...FAULTS];

/** Every check, in order; sections are those of docs/writing-an-adapter.md. */
export const ADAPTER_CHECKS: readonly Check[] = [SHAPE, ...CHECKS];

/**
 * Runs every check that the adapter and its backend have something for, each with a fresh backend and adapter, one after
 * the other. Takes some seconds, with an adapter that backs off some more. Resolves with all offences; never rejects.
 */
export async function checkAdapter(options: AdapterCheckOptions): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const each of CHECKS) {
    let found: string | undefined;
    try {
      found = await awake(attempt(options, each));
    } catch (error) {
      return [...findings, { ...SHAPE, found: reasonOf(error) }];
    }
    if (found) findings.push({ section: each.section, level: each.level, check: each.check, found });
  }
  return findings;
}

/** Rejects when there is no adapter, or the backend cannot be closed: there is nothing to be checked then. */
async function attempt(options: AdapterCheckOptions, { fits, run }: AdapterCheck): Promise<string | undefined> {
  const lab = await Lab.open(options);
  try {
    return fits?.(lab) === false ? undefined : await run(lab);
  } catch (error) {
    return `it threw ${reasonOf(error)}`;
  } finally {
    await lab.close();
  }
}
