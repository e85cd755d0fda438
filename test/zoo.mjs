/**
 * `npm run build && node test/zoo.mjs [--runs 100]`: hangs an app in JavaScript again and again, and tells how often the
 * watchdog named the guilty function while it lasted. Fails below 95 of 100.
 */
import { parseArgs } from 'node:util';
import { JAVASCRIPT, score, Zoo } from '../dist/test/support/zoo.js';

const { values } = parseArgs({ options: { runs: { type: 'string', default: '100' } } });
const runs = Number(values.runs);
let failed = false;
for (const hang of JAVASCRIPT) {
  const zoo = await Zoo.start();
  const { right, wrong } = await score(zoo, hang, runs);
  await zoo.stop();
  failed ||= right < 0.95 * runs;
  console.log(`${hang.culprit}: ${right} of ${runs}`);
  for (const title of wrong) console.log(`  ${title}`);
}
process.exitCode = failed ? 1 : 0;
