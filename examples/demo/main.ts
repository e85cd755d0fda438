/** `npm run demo`: the shop under the agent, a front end, a steady load, and what the agent measured. */
import { HELP, parseOptions } from './options.ts';
import { run } from './run.ts';

const parsed = parseOptions(process.argv.slice(2));
if ('help' in parsed) {
  process.stdout.write(HELP);
} else if ('problem' in parsed) {
  process.stderr.write(`demo: ${parsed.problem}\n`);
  process.exitCode = 2;
} else {
  process.exitCode = await run(parsed.options);
}
