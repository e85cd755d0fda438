/** Tests that need something of the machine: where it is missing they are left out, and the run says why. */
import { basename } from 'node:path';
import test from 'ava';

/** `run` (default: `test`) where `condition` holds; elsewhere what leaves tests out, after saying what was missing. */
export function onlyWhere(
  condition: boolean,
  missing: string,
  run: typeof test.serial = test,
): typeof test.serial | typeof test.skip {
  if (condition) return run;
  console.log(`left out, since there is no ${missing}: the tests of ${basename(test.meta.file)}`);
  return test.skip;
}
