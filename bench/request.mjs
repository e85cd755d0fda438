/** What a request costs more with each contender than without any. CPU time is the measure: others use the machine too. */
import { BARE } from './lib/contenders.mjs';
import { addUp } from './lib/cpu-per-request.mjs';
import { rounds } from './lib/rounds.mjs';
import { halfWidth, median, medianInterval, sum } from './lib/statistics.mjs';
import { Team } from './lib/team.mjs';
import { whatIsWrong } from './lib/works.mjs';

/** Half widths of the interval at which measuring ends: of a ratio near 1, and of one far from it. */
const NARROW = 0.02;
const NARROW_FAR = 0.15;
const FAR = 1.3;
/** Sent to each before anything else, to see whether it counts. */
const FIRST_REQUESTS = 500;
/** ms of load that a server has before it is the next one's turn. */
const TURN = 100;
const TURNS_PER_SECOND = 1000 / TURN;
/** Shifts, and processes of each contender that is near the bare server: every shift has a process of its own. */
const SHIFTS = 4;
/** Requests to a process before its shift. */
const WARM_UP = 20_000;
const WARM_UP_FAR = 5000;
/** Half width that a headline ratio may have. */
const PROMISED = 0.03;
const LIMITS = { http: 1.05, express: 1.03, fastify: 1.03 };
const NAMES = { http: 'node:http', express: 'Express 5', fastify: 'Fastify 5' };

export const request = {
  name: 'request',
  title: 'Request overhead',
  text: [
    'Ratios of the CPU time of the whole process per request (all threads, user and system, as the process itself reads it) to that of the bare server, in rounds: each round gives each contender two turns of 100 ms in random order (ten with one scrape where there is a scrape each second), and divides by the bare server of that same round. The median of these ratios and its 95 % interval (order statistics) are shown; "of totals" divides all CPU by all requests, so that what is rare (a garbage collection, an export each 10 s) counts as well. There are four shifts, with a fresh process each of bare (both times), loadline and what is based on prom-client, since two processes of the same program differ by more than what is to be seen here, and one that has answered more requests has better code. The others take part in the first shift only. "bare again" is one more bare server: what differs there is the resolution of the table.',
    '16 keep-alive connections with one request in flight each, from a process of its own; 20,000 requests to each process before its shift (5,000 to those of one shift). µs and requests/s are medians at saturation; they hold for this machine at this time only. Latency at a fixed load is measured with one route.',
  ],

  /** @param {import('./lib/context.mjs').Context} context */
  async run(context) {
    const { frameworks, routes, brief } = context.options;
    // Nothing is timed: all at once, and with the most routes alone.
    if (brief)
      return (await Promise.all(frameworks.map((framework) => group(context, framework, Math.max(...routes))))).flat();
    const sections = [];
    for (const framework of frameworks)
      for (const count of routes) {
        const found = await group(context, framework, count).catch((error) => context.fail(error.stack));
        sections.push(...(found ?? []));
      }
    return sections;
  },
};

async function group(context, framework, routes) {
  const place = `${NAMES[framework]}, ${routes} route${routes > 1 ? 's' : ''}`;
  const teams = await startTeams(context, framework, routes, place);
  try {
    const working = await thoseThatWork(context, teams, place);
    if (context.options.brief) return [worksSection(place, teams, working)];
    return await measureAll(context, working, place, framework, routes);
  } finally {
    await Promise.all(teams.map((team) => team.end()));
  }
}

async function startTeams(context, framework, routes, place) {
  const { builds, peers, brief } = context.options;
  const again = { ...BARE, name: 'bare again' };
  const contenders = [BARE, ...builds, ...(brief ? [] : [again]), ...peers].filter((each) =>
    each.frameworks.includes(framework),
  );
  const teams = [];
  for (const contender of contenders) {
    const size = brief || isFar(contender) ? 1 : SHIFTS;
    context.say(`${place}: starting ${contender.name}`);
    try {
      teams.push(await Team.start(contender, context, { framework, routes, size }));
    } catch (error) {
      if (contender === BARE) throw error;
      context.fail(`${contender.name} on ${place} does not start: ${error.message}`);
    }
  }
  return teams;
}

/** All at once: one of them tells of its requests every 10 s only. */
async function thoseThatWork(context, teams, place) {
  for (const team of teams) for (const server of team.servers) await team.request(server, { requests: FIRST_REQUESTS });
  const checked = await Promise.all(
    teams.map(async (team) => {
      if (team.contender.launch === undefined && team.contender.instrument === undefined) return true;
      const wrong = await Promise.all(
        team.servers.map((server) => whatIsWrong(server, team.sentTo(server), context).catch(String)),
      );
      for (const line of wrong.filter(Boolean)) context.fail(`${place}: ${line}`);
      return wrong.every((line) => line === undefined);
    }),
  );
  return teams.filter((_, i) => checked[i]);
}

function worksSection(place, teams, working) {
  const rows = teams.map((team) => [team.contender.name, working.includes(team) ? 'yes' : 'no']);
  return { title: place, rows: [['', `counted ${FIRST_REQUESTS} requests`], ...rows] };
}

async function measureAll(context, teams, place, framework, routes) {
  const [bare] = teams;
  const sections = [];
  const judged = (title, results) => {
    sections.push(cpuSection(title, results));
    judge(context, title, results, LIMITS[framework]);
  };
  const plain = await compare(context, teams, { turns: 2, least: 8, most: 400, seconds: 9 });
  judged(`${place}, no scrape`, plain);
  await stillExact(context, teams, place);
  const scraped = teams.filter(({ contender }) => contender.scrape);
  const scrapes = { turns: TURNS_PER_SECOND, scrape: true, least: 1, most: 60, seconds: 5 };
  judged(`${place}, a scrape each second`, await compare(context, [bare, ...scraped], scrapes));
  if (routes > 1) return sections;
  const [{ base }] = plain.values();
  const rate = Math.round(median(base.map((sample) => sample.perSecond)) / 2);
  return [...sections, latencySection(place, rate, await latencies(context, teams, rate))];
}

/**
 * CPU per request at saturation, in all shifts. With `scrape`, each server is scraped once in each second of its load.
 * `seconds`: of one shift.
 */
async function compare(context, teams, { turns, scrape = false, ...limits }) {
  const results = new Map();
  for (let shift = 0; shift < SHIFTS; shift++) {
    const present = teams.filter(({ contender }) => shift === 0 || !isFar(contender));
    context.say(`${present.length} servers at saturation${scrape ? ', scraped' : ''}, shift ${shift + 1} of ${SHIFTS}`);
    for (const team of present) await team.begin(shift, isFar(team.contender) ? WARM_UP_FAR : WARM_UP);
    const found = await rounds({
      subjects: present,
      turns,
      measure: (team, turn) => team.turn({ milliseconds: TURN, scrape: scrape && turn === turns >> 1 }),
      add: addUp,
      value: (sample) => sample.micros,
      goal: (ratios) => (median(ratios) < FAR ? NARROW : NARROW_FAR),
      ...limits,
      seconds: context.options.seconds ?? limits.seconds,
    });
    for (const [team, own] of found) {
      const all = results.get(team);
      if (all === undefined) results.set(team, own);
      else for (const kind of Object.keys(own)) all[kind].push(...own[kind]);
    }
  }
  return results;
}

/** Costs so much that one process tells it well enough. */
function isFar(contender) {
  return contender.package !== undefined && !contender.isNear;
}

function latencies(context, teams, rate) {
  context.say(`${teams.length} servers at ${rate} requests/s`);
  return rounds({
    subjects: teams,
    measure: (team) => team.turn({ milliseconds: 250, rate }),
    value: (sample) => sample.p99,
    goal: () => 0,
    least: 9,
    most: 9,
    seconds: 0,
  });
}

/** Those that answer scrapes still know of each request, however many came. */
async function stillExact(context, teams, place) {
  for (const team of teams.filter(({ contender }) => contender.scrape))
    for (const server of team.servers) {
      const wrong = await whatIsWrong(server, team.sentTo(server), context);
      if (wrong) context.fail(`${place}, after the load: ${wrong}`);
    }
}

function cpuSection(title, results) {
  const [{ base: longest }] = [...results.values()].sort((a, b) => b.base.length - a.base.length);
  const rows = [['', 'ratio', '95 % interval', 'of totals', 'µs CPU', 'requests/s', 'rounds']];
  rows.push(['bare', '1', '', '', ...levels(longest)]);
  for (const [{ contender }, { samples, base, ratios }] of results) {
    const totals = (total(samples) / total(base)).toFixed(3);
    rows.push([contender.name, median(ratios).toFixed(3), range(ratios, 3), totals, ...levels(samples)]);
  }
  return { title, rows };
}

function levels(samples) {
  const rate = Math.round(median(samples.map((each) => each.perSecond)));
  return [median(samples.map((each) => each.micros)).toFixed(1), rate.toLocaleString('en'), samples.length];
}

function total(samples) {
  return sum(samples.map((each) => each.cpu)) / sum(samples.map((each) => each.requests));
}

function latencySection(place, rate, results) {
  const rows = [['', 'p99 in ms', 'least - most', 'p50 in ms', 'ratio of p99', 'lost the race']];
  const line = (name, samples, ratios) => [
    name,
    median(samples.map((each) => each.p99)).toFixed(2),
    `${Math.min(...samples.map((each) => each.p99)).toFixed(2)} - ${Math.max(...samples.map((each) => each.p99)).toFixed(2)}`,
    median(samples.map((each) => each.p50)).toFixed(2),
    median(ratios).toFixed(2),
    `${samples.filter((each) => each.lost).length} of ${samples.length}`,
  ];
  const [{ base }] = results.values();
  rows.push(line('bare', base, [1]));
  for (const [{ contender }, { samples, ratios }] of results) rows.push(line(contender.name, samples, ratios));
  const text = `${rate.toLocaleString('en')} requests/s for all, half of what the bare server took at saturation; latency from when a request was due. One that is over a second behind at the end lost the race: it cannot take this load.`;
  return { title: `${place}, latency at a fixed load`, text: [text], rows };
}

function judge(context, title, results, limit) {
  const peers = [...results].filter(([{ contender }]) => contender.package !== undefined);
  const cheapest = Math.min(...peers.map(([, { ratios }]) => median(ratios)));
  for (const [{ contender }, { ratios }] of results) {
    if (!context.options.builds.includes(contender)) continue;
    const ratio = median(ratios);
    const found = `${ratio.toFixed(3)} (${range(ratios, 3)})`;
    context.verdict(`${title}: ${contender.name} ≤ ${limit} × bare`, found, ratio <= limit);
    const width = halfWidth(ratios);
    context.verdict(`${title}: its interval ≤ ± 3 %`, `± ${(width * 100).toFixed(1)} %`, width <= PROMISED);
    if (peers.length > 0)
      context.verdict(`${title}: below every peer`, `cheapest peer ${cheapest.toFixed(3)}`, ratio < cheapest);
  }
}

function range(values, digits) {
  return medianInterval(values)
    .map((each) => each.toFixed(digits))
    .join(' - ');
}
