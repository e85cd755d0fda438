/** Tests that need something of the machine: where it is missing they are left out, and the run says why. */
import { basename } from 'node:path';
import test from 'ava';

/** `test` where `condition` holds; elsewhere `test.skip`, after saying what was missing. */
export function onlyWhere(condition: boolean, missing: string): typeof test | typeof test.skip {
  if (condition) return test;
  console.log(`left out, since there is no ${missing}: the tests of ${basename(test.meta.file)}`);
  return test.skip;
}
