/** `npm run bench`: see `--help`. */
import { writeFileSync } from 'node:fs';
import { hang } from './hang.mjs';
import { BARE, installed } from './lib/contenders.mjs';
import { Context } from './lib/context.mjs';
import { machine } from './lib/machine.mjs';
import { HELP, missing, settings } from './lib/options.mjs';
import { benchText, resultsText, verdictText } from './lib/report.mjs';
import { record } from './record.mjs';
import { request } from './request.mjs';
import { scale } from './scale.mjs';
import { scrape } from './scrape.mjs';
import { startup } from './startup.mjs';

const BENCHES = [request, record, scrape, hang, startup, scale];
const RESULTS = new URL('RESULTS.md', import.meta.url);

process.exitCode = await main(process.argv.slice(2));

/** Resolves with the exit code. */
async function main(args) {
  let options;
  try {
    options = settings(args);
  } catch (error) {
    return refuse(error.message);
  }
  if (options.help) {
    console.log(HELP);
    return 0;
  }
  const unknown = options.benches.filter((name) => !BENCHES.some((bench) => bench.name === name));
  if (unknown.length > 0) return refuse(`there is no bench ${unknown.join(', ')}`);
  const absent = missing(options);
  if (absent.length > 0)
    return refuse(`${absent.join(', ')} missing. Run: npm ci --ignore-scripts --prefix bench/peers`);
  return measure(options, new Context(options));
}

async function measure(options, context) {
  const wanted = BENCHES.filter(({ name }) => options.benches.length === 0 || options.benches.includes(name));
  const begin = new Date();
  const where = machine(options);
  const texts = [];
  try {
    for (const bench of wanted) {
      context.say(`${bench.title} …`);
      texts.push(benchText(bench, await sectionsOf(bench, context)));
      console.log(`\n${texts.at(-1)}`);
    }
  } finally {
    await context.end();
  }
  const { verdicts, failures } = context;
  if (verdicts.length > 0) console.log(`\n${verdictText(verdicts)}`);
  for (const failure of failures) console.error(`failed: ${failure}`);
  const whole = wanted.length === BENCHES.length && !options.brief && !options.narrowed;
  if (whole) {
    const contenders = [BARE, ...options.builds, ...options.peers];
    const run = { begin, end: new Date(), machine: where, contenders, version: installed, verdicts, failures, texts };
    writeFileSync(RESULTS, resultsText(run));
  }
  return failures.length > 0 ? 1 : 0;
}

/** One bench that breaks does not take what the others found with it. */
async function sectionsOf(bench, context) {
  try {
    return await bench.run(context);
  } catch (error) {
    context.fail(`${bench.title}: ${error.stack}`);
    return [];
  }
}

function refuse(reason) {
  console.error(`${reason}\n\n${HELP}`);
  return 2;
}
