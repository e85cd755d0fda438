/** What a contender costs before the first request: time until the server listens; and what memory it takes. */
import { setTimeout as sleep } from 'node:timers/promises';
import { BARE, EMPTY_WORKER } from './lib/contenders.mjs';
import { rounds } from './lib/rounds.mjs';
import { median, medianInterval } from './lib/statistics.mjs';
import { Team } from './lib/team.mjs';

/** ms that starting to listen may take longer. */
const START_LIMIT = 15;
/** Bytes of resident memory over what an empty worker thread takes. */
const MEMORY_LIMIT = 6e6;
/** Bytes of heap per request that are no growth: a bare server's heap varies by about that. */
const GROWTH_LIMIT = 0.1;
/** Each route has three histograms of ours. */
const ROUTES = 33;
const SERIES = '100 series';
/** Requests of the long run, and those before it: until then, compiled code and what it has learned still grow. */
const REQUESTS = 700_000;
const FIRST_REQUESTS = 300_000;
/** ms. A machine that is busy gets fewer requests done. */
const LONGEST_RUN = 30_000;
const LONG_RUNS = ['prom-client', 'otel http'];

export const startup = {
  name: 'startup',
  title: 'Start-up and memory',

  /** @param {import('./lib/context.mjs').Context} context */
  async run(context) {
    return [await listening(context), await memory(context), await million(context)];
  },
};

async function listening(context) {
  const { brief } = context.options;
  const subjects = contenders(context, 'http');
  context.say(`startup: ${subjects.length} contenders`);
  const results = await rounds({
    subjects,
    measure: async (contender) => {
      const team = await Team.start(contender, context, { framework: 'http', routes: 1 });
      const usage = await team.server.child.ask({ ask: 'usage' });
      await team.end();
      return { milliseconds: usage.listening, cpu: usage.cpuAtListening };
    },
    value: ({ milliseconds }) => milliseconds,
    goal: () => 0,
    least: brief ? 1 : 6,
    most: brief ? 1 : 15,
    seconds: 60,
  });
  const rows = [['', 'ms', 'more than bare, ms', 'CPU, ms', 'more than bare, ms CPU']];
  const [{ base }] = results.values();
  rows.push(['bare', spread(base, 'milliseconds'), '', spread(base, 'cpu'), '']);
  for (const [{ name }, { samples, base }] of results) {
    const more = (kind) => differences(samples, base, kind);
    const cells = ['milliseconds', 'cpu'].flatMap((kind) => [spread(samples, kind), interval(more(kind), 1)]);
    rows.push([name, ...cells]);
    if (context.options.builds.every((build) => build.name !== name)) continue;
    const found = `+${interval(more('milliseconds'), 1)} ms`;
    context.verdict(
      `${name}: listens at most ${START_LIMIT} ms later`,
      found,
      median(more('milliseconds')) <= START_LIMIT,
    );
  }
  const text =
    'From the start of the process until a plain `node:http` server listens, and the CPU time of all threads until then (part of it in threads that the main thread does not wait for). A fresh process each time, all in turn in each round; the difference is that to the bare server of the same round. Median and 95 % interval.';
  return { title: 'Time to listening', text: [text], rows: brief ? started(rows) : rows };
}

async function memory(context) {
  const { brief } = context.options;
  const subjects = [EMPTY_WORKER, ...contenders(context, 'express')];
  context.say(`memory: ${subjects.length} contenders`);
  const results = await rounds({
    subjects,
    measure: (contender) => residentMemory(context, contender),
    value: ({ rest }) => rest,
    goal: () => 0,
    least: brief ? 1 : 4,
    most: brief ? 1 : 9,
    seconds: 90,
  });
  const [{ base }] = results.values();
  const rows = [
    ['', 'at rest, MB', 'more than an empty worker thread', `${SERIES}, MB`, 'more than an empty worker thread'],
  ];
  rows.push([EMPTY_WORKER.name, spread(base, 'rest', 1e6), '', spread(base, 'served', 1e6), '']);
  for (const [{ name }, { samples, base }] of results) {
    const more = (kind) => differences(samples, base, kind).map((bytes) => bytes / 1e6);
    rows.push([name, ...['rest', 'served'].flatMap((kind) => [spread(samples, kind, 1e6), interval(more(kind), 1)])]);
    if (context.options.builds.every((build) => build.name !== name)) continue;
    for (const [kind, where] of [
      ['rest', 'at rest'],
      ['served', `with ${SERIES}`],
    ])
      context.verdict(
        `${name}, ${where}: at most ${MEMORY_LIMIT / 1e6} MB over an empty worker thread`,
        `+${interval(more(kind), 1)} MB`,
        median(more(kind)) * 1e6 <= MEMORY_LIMIT,
      );
  }
  const text = `Resident memory of an Express server with ${ROUTES} routes, in a fresh process: 1.5 seconds after it listens and after one scrape, and then after five requests to each route (${SERIES} of loadline, three of each route) and another scrape. Compared with the bare server plus a worker thread that does nothing, in the same round. Median and 95 % interval.`;
  return { title: 'Resident memory', text: [text], rows: brief ? started(rows) : rows };
}

async function residentMemory(context, contender) {
  const team = await Team.start(contender, context, { framework: 'express', routes: ROUTES });
  const { server } = team;
  const settle = context.options.brief ? 0 : 500;
  const resident = async () => {
    if (server.scrapeUrl) await server.scrape();
    await sleep(settle);
    return (await server.child.ask({ ask: 'usage' })).memory.rss;
  };
  try {
    await sleep(2 * settle);
    const rest = await resident();
    await team.request({ requests: 5 * ROUTES });
    return { rest, served: await resident() };
  } finally {
    await team.end();
  }
}

async function million(context) {
  const { brief, builds } = context.options;
  const subjects = contenders(context, 'http').filter(
    (each) => each === BARE || builds.includes(each) || LONG_RUNS.includes(each.name),
  );
  const rows = [
    [
      '',
      'requests between',
      'heap before, kB',
      'heap after, kB',
      'bytes per request',
      'RSS before, MB',
      'RSS after, MB',
    ],
  ];
  let bareGrowth;
  for (const contender of subjects) {
    context.say(`memory after a million requests: ${contender.name}`);
    const { requests, before, after } = await longRun(
      context,
      contender,
      brief ? [300, 700] : [FIRST_REQUESTS, REQUESTS],
    );
    const growth = (after.heapUsed - before.heapUsed) / requests;
    bareGrowth ??= growth;
    const kilobytes = [before, after].map(({ heapUsed }) => (heapUsed / 1e3).toFixed(0));
    const megabytes = [before, after].map(({ rss }) => (rss / 1e6).toFixed(0));
    rows.push([contender.name, requests.toLocaleString('en'), ...kilobytes, growth.toFixed(3), ...megabytes]);
    if (builds.includes(contender))
      context.verdict(
        `${contender.name}: no heap growth (under ${GROWTH_LIMIT} bytes per request more than the bare server's)`,
        `${growth.toFixed(3)}, bare ${bareGrowth.toFixed(3)}`,
        growth - bareGrowth < GROWTH_LIMIT,
      );
  }
  const text = `A plain \`node:http\` server under \`--expose-gc\`: after 300,000 requests (until then, compiled code and what it has learned still grow), and after 700,000 more (fewer if they take over 30 s). Heap of the main thread after three full collections; one process each.`;
  return { title: 'After a million requests', text: [text], rows: brief ? started(rows) : rows };
}

async function longRun(context, contender, [first, most]) {
  const team = await Team.start(contender, context, { framework: 'http', routes: 1, execArgv: ['--expose-gc'] });
  const { server } = team;
  try {
    await team.request({ requests: first });
    const before = await server.child.ask({ ask: 'gc' });
    const end = performance.now() + LONGEST_RUN;
    let requests = 0;
    while (requests < most && performance.now() < end)
      requests += (await team.request({ requests: most / 20 })).requests;
    return { requests, before, after: await server.child.ask({ ask: 'gc' }) };
  } finally {
    await team.end();
  }
}

/** A brief run has seen in the request bench that all of them start. */
function contenders({ options: { builds, peers, brief } }, framework) {
  return [BARE, ...builds, ...(brief ? peers.slice(0, 1) : peers)].filter((each) =>
    each.frameworks.includes(framework),
  );
}

function differences(samples, base, kind) {
  return samples.map((sample, round) => sample[kind] - base[round][kind]);
}

function spread(samples, kind, unit = 1) {
  return interval(
    samples.map((sample) => sample[kind] / unit),
    0,
  );
}

function interval(values, digits) {
  const [low, high] = medianInterval(values);
  return `${median(values).toFixed(digits)} (${low.toFixed(digits)} - ${high.toFixed(digits)})`;
}

/** A brief run shows no values. */
function started([, ...rows]) {
  return [['', 'started and answered'], ...rows.map(([name]) => [name, 'yes'])];
}
