/** `npm run bench`: see `--help`. */
import { writeFileSync } from 'node:fs';
import { hang } from './hang.mjs';
import { Context } from './lib/context.mjs';
import { machine } from './lib/machine.mjs';
import { HELP, missing, settings } from './lib/options.mjs';
import { benchText, verdictText } from './lib/report.mjs';
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
      texts.push(benchText(bench, await bench.run(context)));
      console.log(`\n${texts.at(-1)}`);
    }
  } finally {
    await context.end();
  }
  if (context.verdicts.length > 0) console.log(`\n${verdictText(context.verdicts)}`);
  for (const failure of context.failures) console.error(`failed: ${failure}`);
  const whole = wanted.length === BENCHES.length && !options.brief && !options.narrowed;
  if (whole) writeFileSync(RESULTS, results(where, begin, context, texts));
  return context.failures.length > 0 ? 1 : 0;
}

function results(where, begin, context, texts) {
  const minutes = Math.round((Date.now() - begin) / 60_000);
  const parts = [
    '# Results',
    `Written by \`npm run bench\` on ${begin.toISOString().slice(0, 10)}, in ${minutes} minutes. Do not edit.`,
    where.map((line) => `- ${line}`).join('\n'),
    verdictText(context.verdicts),
    ...texts,
  ];
  return `${parts.join('\n\n')}\n`;
}

function refuse(reason) {
  console.error(`${reason}\n\n${HELP}`);
  return 2;
}
