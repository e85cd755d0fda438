/** RESULTS.md, and what a terminal shows. Pure: texts of what was found. */
import { table } from './table.mjs';

/** @param {import('./context.mjs').Section} section */
export function sectionText({ title, text = [], rows, chart }) {
  const parts = [`### ${title}`, ...text, table(rows)];
  if (chart) parts.push(`\`\`\`\n${chart}\n\`\`\``);
  return parts.join('\n\n');
}

/** @param {{ name: string, title: string, text?: string[] }} bench @param {import('./context.mjs').Section[]} sections */
export function benchText({ name, title, text = [] }, sections) {
  return [`## ${title}`, `\`npm run bench -- ${name}\``, ...text, ...sections.map(sectionText)].join('\n\n');
}

/** @param {import('./context.mjs').Verdict[]} verdicts */
export function verdictText(verdicts) {
  const rows = verdicts.map(({ target, found, reached }) => [target, found, reached ? 'yes' : 'NO']);
  const unreached = verdicts.filter(({ reached }) => !reached).length;
  const words =
    unreached === 0 ? 'All targets are reached.' : `${unreached} of ${verdicts.length} targets are not reached.`;
  return [`## Targets`, words, table([['target', 'found', 'reached'], ...rows])].join('\n\n');
}

/**
 * All of RESULTS.md.
 *
 * @param {object} run
 * @param {Date} run.begin
 * @param {Date} run.end
 * @param {string[]} run.machine
 * @param {readonly import('./contenders.mjs').Contender[]} run.contenders
 * @param {(name: string) => string | undefined} run.version of a package
 * @param {import('./context.mjs').Verdict[]} run.verdicts
 * @param {string[]} run.failures
 * @param {string[]} run.texts of the benches
 */
export function resultsText({ begin, end, machine, contenders, version, verdicts, failures, texts }) {
  const minutes = Math.round((end - begin) / 60_000);
  const who = contenders.map((each) => [each.name, version(each.package) ?? '', each.what]);
  return `${[
    '# Results',
    `Written by \`npm run bench\` on ${begin.toISOString().slice(0, 10)}, in ${minutes} minutes. Do not edit.`,
    list(machine),
    verdictText(verdicts),
    ...(failures.length > 0 ? ['## What did not work', list(failures)] : []),
    '## Who was compared',
    table([['contender', 'version', 'how it was set up, and what it does beside'], ...who]),
    '## What cannot be compared',
    list(NOT_COMPARABLE),
    ...texts,
  ].join('\n\n')}\n`;
}

const NOT_COMPARABLE = [
  'µs, requests/s and ms with those of another run or machine. Ratios are taken within a round only; compare them between runs with care.',
  '`elastic-apm-node`, `newrelic` and `dd-trace` make a transaction or spans of each request, which cannot be turned off without losing the metrics of requests. They push; rows with a scrape leave them out.',
  '`prom-client` by hand measures the duration of requests, and the runtime at a scrape. loadline measures phases, queue time, requests in flight, event-loop delay, backlog and host as well, all the time; the CPU of its reporter thread is in its ratio.',
  'On plain `node:http`, `prom-client` is told the route by the app; the others see none there. `otel http` sees no routes anywhere, `otel auto` none of Fastify.',
  'Versions of peers are the newest that run on all lines of Node.js that loadline supports; some have newer ones for newer lines.',
  'A server that answers four bytes. An app that does more per request has the same overhead in µs and a smaller ratio.',
];

function list(lines) {
  return lines.map((line) => `- ${line}`).join('\n');
}
