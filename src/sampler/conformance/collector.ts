/** Is this a collector as SPEC.md wants it? */

import { awake } from '../../conformance/awake.ts';
import type { Check, Finding } from '../../conformance/finding.ts';
import { reasonOf } from '../../errors.ts';
import { CONDUCT } from './conduct.ts';
import { type CollectorCheck, Lab, type MakeCollector } from './lab.ts';
import { VALUES } from './values.ts';

export type { CollectorUnderTest, MakeCollector } from './lab.ts';

const CHECKS: readonly CollectorCheck[] = [...CONDUCT, ...VALUES];

/** Every check, in order. */
export const COLLECTOR_CHECKS: readonly Check[] = CHECKS;

/**
 * Runs every check with a collector of its own, one after the other (some block the thread on purpose; all together take
 * a few seconds). Resolves with all offences; never rejects.
 */
export async function checkCollector(make: MakeCollector): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { section, level, check, run } of CHECKS) {
    const found = await awake(attempt(make, run));
    if (found) findings.push({ section, level, check, found });
  }
  return findings;
}

async function attempt(make: MakeCollector, run: CollectorCheck['run']): Promise<string | false | undefined> {
  let lab: Lab | undefined;
  try {
    lab = new Lab(make);
    const found = await run(lab);
    lab.close();
    return found;
  } catch (error) {
    return `it threw ${reasonOf(error)}`;
  }
}
