/** What one counter or histogram record costs the thread that makes it. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { rounds } from './lib/rounds.mjs';
import { median, medianInterval } from './lib/statistics.mjs';

const PROCESS = fileURLToPath(new URL('record-process.mjs', import.meta.url));
const OPERATIONS = [
  'counter',
  'counter bound',
  'counter attributes',
  'histogram',
  'histogram bound',
  'histogram attributes',
];
const PEERS = ['prom-client', 'OpenTelemetry', 'hot-shots'];
/** ns. */
const LIMITS = { 'counter bound': 10, 'histogram bound': 25, 'counter attributes': 60, 'histogram attributes': 60 };
/** How many times as fast as each of these. */
const FASTER = 5;
/** A brief run shows no times. */
const WORKED = [['every record is in the totals'], ['yes, or see the failures below']];
const RIVALS = ['prom-client', 'OpenTelemetry'];

export const record = {
  name: 'record',
  title: 'Record cost',
  text: [
    'ns of CPU per operation (of all threads, so that garbage collection and what is sent later count), each in fresh processes that do nothing else, all libraries in turn in each round: median, and its 95 % interval, of the rounds. The limit is an increment of one of 64 cells of a `Float64Array` over shared memory.',
    '"bound": made once for one attribute set, with no lookup per call (OpenTelemetry has no such thing: the same attributes object each time). "attributes": an object of two attributes made for each call, 64 different ones in all. Histograms have the 14 bounds of the semantic conventions and values from below the first to above the last; hot-shots has none, it sends each value to a server (datagrams of 1,432 bytes, to a socket that nobody reads), which is what it costs here. loadline runs with its agent on. A loop of one call is kinder to every library than an app is.',
  ],

  /** @param {import('./lib/context.mjs').Context} context */
  async run(context) {
    const builds = context.options.builds.map(({ name, dist }) => ({ name, subject: 'loadline', dist }));
    const peers = PEERS.map((name) => ({ name, subject: name }));
    const rows = [['', ...OPERATIONS]];
    const limit = { name: 'limit', subject: 'limit' };
    const found = new Map([limit, ...builds, ...peers].map(({ name }) => [name, []]));
    for (const operation of OPERATIONS) {
      context.say(`record: ${operation}`);
      const results = await rounds({
        subjects: [limit, ...builds, ...peers],
        measure: (subject) => recordCost(context, subject, operation),
        value: ({ ns }) => ns,
        goal: () => 0,
        least: context.options.brief ? 1 : 6,
        most: context.options.brief ? 1 : 9,
        seconds: 25,
      });
      const all = [[limit, { samples: results.get(builds[0]).base }], ...results];
      for (const [{ name }, { samples }] of all) found.get(name).push(samples.map(({ ns }) => ns));
      judge(context, operation, builds, results);
    }
    for (const [name, lists] of found) rows.push([name, ...lists.map(cell)]);
    return [{ title: 'ns per operation', rows: context.options.brief ? WORKED : rows }];
  },
};

/**
 * In a process that has seen nothing but this operation.
 *
 * @param {number} [sets] attribute sets that there are, a power of 2, at least 4
 * @returns {Promise<{ ns: number }>}
 */
export async function recordCost(context, { name, subject, dist = '' }, operation, sets = 64) {
  const { brief, node } = context.options;
  const what = subject === 'limit' ? 'counter' : operation;
  const args = [subject, what, dist, brief ? '20' : '200', String(sets)];
  const stdio = ['ignore', 'ignore', 'inherit', 'ipc'];
  const child = fork(PROCESS, args, { execPath: node, execArgv: [], stdio });
  const ended = once(child, 'exit').then(() => []);
  const [answer] = await Promise.race([once(child, 'message'), ended]);
  await ended;
  if (answer === undefined) throw new Error(`${name} ended before it had measured: ${operation}`);
  if (answer.counted !== answer.count)
    context.fail(`${name} counts ${answer.counted} of ${answer.count} records: ${operation}`);
  return answer;
}

function judge(context, operation, builds, results) {
  for (const build of builds) {
    const own = results.get(build).samples.map(({ ns }) => ns);
    const limit = LIMITS[operation];
    if (limit) context.verdict(`${build.name}, ${operation}: ≤ ${limit} ns`, cell(own), median(own) <= limit);
    for (const [{ name }, { samples }] of results) {
      if (!RIVALS.includes(name)) continue;
      const times = samples.map(({ ns }, round) => ns / own[round]);
      const found = `${median(times).toFixed(1)} ×`;
      context.verdict(`${build.name}, ${operation}: ${FASTER} × as fast as ${name}`, found, median(times) >= FASTER);
    }
  }
}

function cell(values) {
  const digits = median(values) < 100 ? 1 : 0;
  const [low, high] = medianInterval(values);
  return `${median(values).toFixed(digits)} (${low.toFixed(digits)} - ${high.toFixed(digits)})`;
}
