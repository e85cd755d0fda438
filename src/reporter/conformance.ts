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
    let lab: Lab;
    try {
      lab = await awake(Lab.open(options));
    } catch (error) {
      return [...findings, { ...SHAPE, found: reasonOf(error) }];
    }
    const found = each.fits?.(lab) === false ? undefined : await awake(attempt(lab, each));
    await awake(lab.close());
    if (found) findings.push({ section: each.section, level: each.level, check: each.check, found });
  }
  return findings;
}

async function attempt(lab: Lab, { run }: AdapterCheck): Promise<string | undefined> {
  try {
    return await run(lab);
  } catch (error) {
    return `it threw ${reasonOf(error)}`;
  }
}
