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
    ...(verdicts.some(({ reached }) => !reached) ? ['## What stands in the way', list(OBSTACLES)] : []),
    ...(failures.length > 0 ? ['## What did not work', list(failures)] : []),
    '## Who was compared',
    table([['contender', 'version', 'how it was set up, and what it does beside'], ...who]),
    '## What cannot be compared',
    list(NOT_COMPARABLE),
    ...texts,
  ].join('\n\n')}\n`;
}

/** Each shown by a measurement in docs/performance.md. */
const OBSTACLES = [
  "Requests: a server that answers four bytes takes some 30 µs of CPU, so 3 % of it is 0.9 µs. Two channel subscribers, the clock and one listener, which is what it takes to tell handling from sending, are 0.9 to 1.4 µs before a number is stored. Of what comes on top, half is in code of Node and the kernel that finds less of itself in the caches, and four tenths of the agent's own half are waits for memory: each request stores into three histograms of its route ([taken apart](../docs/performance.md#a-request)). What could be left out is a feature each, and none of them alone is enough.",
  "Requests, too: V8 compiles Node's own `nextTick` with or without a general property load, worth 1 µs, and decides by what happened before. Bare servers of `node:http` and Express have it and those with loadline do not; on Fastify neither has ([how it was found](../docs/performance.md#how-to-measure-on-a-machine-like-this)).",
  'Intervals of ± 3 %: on a shared machine the same bare server takes twice the CPU time in one minute that it takes in another, and what has more code suffers more when others fill the caches. Turns of 10 ms, ratios of rounds and fresh processes are what helped; in a quiet hour three processes of a kind differ by 1 %, and the same document has what is known within one process: to 0.1 µs of 28.',
  'A counter without attributes: that of prom-client is one addition to a property, as fast as the limit. With an attributes object that differs from call to call, two look-ups in a `Map` are most of the time.',
  "Start-up: compiling the agent, Node's own `worker_threads`, and starting the thread are more than half of it. Memory: pages of the `node` binary that an empty thread does not touch, and the code of the reporter.",
];

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
