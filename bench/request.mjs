/** What a request costs more with each contender than without any. CPU time is the measure: others use the machine too. */
import { BARE } from './lib/contenders.mjs';
import { micros, perSecond, ratioTo } from './lib/per-request.mjs';
import { rounds } from './lib/rounds.mjs';
import { center, median } from './lib/statistics.mjs';
import { Team } from './lib/team.mjs';
import { whatIsWrong } from './lib/works.mjs';

/** Sent to each before anything else, to see whether it counts. */
const FIRST_REQUESTS = 500;
/** ms of load that a server has before it is the next one's turn. */
const TURN = 10;
/**
 * Rounds of the first shift and of each later one, and how many give a value for those that are far from the bare server:
 * these take part in the first one only.
 */
const PLAIN = { first: 96, later: 96, part: 16 };
const SCRAPED = { first: 200, later: 100, part: 100, scrapeEach: 1000 / TURN };
/** Requests to a process before its first turn: until then, code is still being compiled, and the more of it the later. */
const WARM_UP = 60_000;
const WARM_UP_FAR = 10_000;
/** ms. Of a machine that is busy, all get fewer. */
const LONGEST_WARM_UP = 20_000;
/** Before the first turn with other routes. */
const WARM_UP_AGAIN = 3000;
/** Half width at which measuring ends, and that a headline ratio may have. */
const PROMISED = 0.03;
/** Fewer values have no interval to speak of. */
const LEAST_SHIFTS = 6;
/** For all shifts of a framework. */
const SECONDS = 320;
const LIMITS = { http: 1.05, express: 1.03, fastify: 1.03 };
const NAMES = { http: 'node:http', express: 'Express 5', fastify: 'Fastify 5' };

export const request = {
  name: 'request',
  title: 'Request overhead',
  text: [
    'Ratios of the CPU time of the whole process per request (all threads, user and system, as Linux accounts it to each thread in ns) to that of the bare server. All servers of a table have turns of 10 ms in random order, which the process that makes the load gives them, and in which it reads their CPU times: what else the machine does meets all of them alike. The ratio is that of the turns of one round, the mean of the middle half of all rounds (of their logarithms). Where there is a scrape each second, each has one in 100 of its turns, and what that takes more is added as a share of all.',
    `Two processes of the same program differ for as long as they live (layout of the heap, what the compiler chose). So there are shifts, each with a fresh process of bare (both times), loadline and what is based on prom-client: each shift gives one value, and what is shown is the middle of these values and its 95 % interval (median of the means of all pairs, interval of the signed-rank test). Shifts go on until there are ${LEAST_SHIFTS} and loadline's intervals are within ± 3 %, or ${SECONDS} s are over. The others take part in the first shift only, as one process each; their values are those of parts of it.`,
    '"of totals" divides all CPU by all requests, so that what is rare (a garbage collection, an export each 10 s) counts as well, and so does what disturbed a turn. "bare again" is one more bare server: what differs there is the resolution of the table.',
    `16 keep-alive connections with one request in flight each; ${WARM_UP.toLocaleString('en')} requests to each process first (${WARM_UP_FAR.toLocaleString('en')} to those of one shift), or 20 s of them. All servers have the most routes; with 1 route, the first of them is asked alone. µs and requests/s are those of all turns at saturation; they hold for this machine at this time only. Latency at a fixed load is measured in the first shift.`,
  ],

  /** @param {import('./lib/context.mjs').Context} context */
  async run(context) {
    const { frameworks, brief } = context.options;
    // Nothing is timed: all at once.
    if (brief) return Promise.all(frameworks.map((framework) => works(context, framework)));
    const sections = [];
    for (const framework of frameworks)
      sections.push(...(await measured(context, framework).catch((error) => context.fail(error.stack) ?? [])));
    return sections;
  },
};

async function works(context, framework) {
  const contenders = contendersOn(context, framework);
  const teams = await startTeams(context, framework, contenders);
  try {
    const { routes } = context.options;
    const working = await thoseThatWork(context, framework, teams, Math.max(...routes));
    const rows = contenders.map((each) => [each.name, working.some((team) => team.contender === each) ? 'yes' : 'no']);
    return { title: NAMES[framework], rows: [['', `counted ${FIRST_REQUESTS} requests`], ...rows] };
  } finally {
    await endAll(teams);
  }
}

/** The sections of a framework: as many shifts as it takes. */
async function measured(context, framework) {
  const end = performance.now() + (context.options.seconds ?? SECONDS) * 1e3;
  const cells = context.options.routes.flatMap((routes) => [newCell(routes, false), newCell(routes, true)]);
  const latency = [];
  let contenders = contendersOn(context, framework);
  for (let shift = 0; shift < 2 || (performance.now() < end && !isNarrow(context, cells)); shift++) {
    context.say(`${NAMES[framework]}, shift ${shift + 1}: starting ${contenders.length} servers`);
    const started = await startTeams(context, framework, contenders);
    try {
      const teams = await thoseThatWork(context, framework, started, cells[0].routes);
      for (const cell of cells) await take(context, framework, teams, cell, shift === 0);
      await stillExact(context, framework, teams);
      if (shift === 0) latency.push(await latencySection(context, framework, teams, cells[0]));
      contenders = teams.map((team) => team.contender).filter((each) => !isFar(each));
    } finally {
      await endAll(started);
    }
  }
  for (const cell of cells) judge(context, framework, cell);
  return [...cells.map((cell) => cpuSection(framework, cell)), ...latency];
}

/** What is compared: `values` by contender, ratios of shifts and the samples that they are of. */
function newCell(routes, scrape) {
  return { routes, scrape, values: new Map() };
}

function titleOf(framework, { routes, scrape }) {
  const many = `${routes} route${routes > 1 ? 's' : ''}`;
  return `${NAMES[framework]}, ${many}, ${scrape ? 'a scrape each second' : 'no scrape'}`;
}

function isNarrow({ options: { builds } }, cells) {
  const ratios = cells.flatMap(({ values }) => builds.map((build) => values.get(build)?.ratios ?? []));
  return ratios.every((each) => each.length >= LEAST_SHIFTS && halfWidth(each) <= PROMISED);
}

function contendersOn({ options: { builds, peers, brief } }, framework) {
  const again = { ...BARE, name: 'bare again' };
  return [BARE, ...builds, ...(brief ? [] : [again]), ...peers].filter((each) => each.frameworks.includes(framework));
}

/** At once, since the load waits for all of them. */
async function startTeams(context, framework, contenders) {
  const routes = Math.max(...context.options.routes);
  const teams = await Promise.all(
    contenders.map(async (contender) => {
      try {
        return await Team.start(contender, context, { framework, routes });
      } catch (error) {
        context.fail(`${contender.name} on ${NAMES[framework]} does not start: ${error.message}`);
        return undefined;
      }
    }),
  );
  if (teams[0] === undefined) throw new Error(`there is no bare server of ${NAMES[framework]}`);
  return teams.filter((team) => team !== undefined);
}

function endAll(teams) {
  return Promise.all(teams.map((team) => team.end()));
}

/** All at once: one of them tells of its requests every 10 s only. */
async function thoseThatWork(context, framework, teams, routes) {
  for (const team of teams) await team.request({ requests: FIRST_REQUESTS, routes });
  const wrong = await Promise.all(teams.map((team) => wrongWith(context, team)));
  for (const line of wrong.filter(Boolean)) context.fail(`${NAMES[framework]}: ${line}`);
  return teams.filter((_, i) => wrong[i] === undefined);
}

/** Those that answer scrapes still know of each request, however many came. */
async function stillExact(context, framework, teams) {
  for (const team of teams.filter(({ contender }) => contender.scrape)) {
    const line = await wrongWith(context, team);
    if (line !== undefined) context.fail(`${NAMES[framework]}, after the load: ${line}`);
  }
}

async function wrongWith(context, { contender, server, sent }) {
  if (contender.launch === undefined && contender.instrument === undefined) return undefined;
  return whatIsWrong(server, sent, context).catch(String);
}

/** CPU per request at saturation, in one shift. */
async function take(context, framework, teams, { routes, scrape, values }, isFirst) {
  const present = scrape ? teams.filter(({ contender }) => contender.scrape || contender === BARE) : teams;
  context.say(`${titleOf(framework, { routes, scrape })}: ${present.length} servers`);
  // At once: a process that waits long for its turn loses its place in memory.
  if (!scrape)
    await Promise.all(
      present.map((team) => team.request({ requests: warmUpOf(team), milliseconds: LONGEST_WARM_UP, routes })),
    );
  const plan = scrape ? SCRAPED : PLAIN;
  const rounds = isFirst ? plan.first : plan.later;
  const found = await Team.takeTurns(present, { rounds, milliseconds: TURN, routes, scrapeEach: plan.scrapeEach });
  const base = found.get(present[0]);
  for (const [{ contender }, own] of found) {
    const all = values.get(contender) ?? { turns: [], base: [], ratios: [] };
    values.set(contender, all);
    all.turns.push(...own);
    all.base.push(...base);
    const length = isFar(contender) ? plan.part : rounds;
    for (let from = 0; from < rounds; from += length)
      all.ratios.push(ratioTo(base.slice(from, from + length), own.slice(from, from + length)));
  }
}

function warmUpOf({ contender, sent }) {
  if (sent > FIRST_REQUESTS) return WARM_UP_AGAIN;
  return isFar(contender) ? WARM_UP_FAR : WARM_UP;
}

/** Costs so much that one process tells it well enough. */
function isFar(contender) {
  return contender.package !== undefined && !contender.isNear;
}

function cpuSection(framework, { values, ...where }) {
  const rows = [['', 'ratio', '95 % interval', 'of totals', 'µs CPU', 'requests/s', 'processes', 'turns']];
  for (const [contender, { turns, base, ratios }] of values) {
    const { middle, low, high } = center(ratios);
    const totals = (micros(turns) / micros(base)).toFixed(3);
    const ratio = [middle.toFixed(3), `${low.toFixed(3)} - ${high.toFixed(3)}`, totals];
    const processes = isFar(contender) ? 1 : ratios.length;
    const rate = Math.round(perSecond(turns)).toLocaleString('en');
    const levels = [micros(turns).toFixed(1), rate, processes, turns.length];
    rows.push([contender.name, ...(contender === BARE ? ['1', '', ''] : ratio), ...levels]);
  }
  return { title: titleOf(framework, where), rows };
}

async function latencySection(context, framework, teams, { routes, values }) {
  const rate = Math.round(perSecond(values.get(BARE).turns) / 2);
  context.say(`${NAMES[framework]}: ${teams.length} servers at ${rate} requests/s`);
  const found = await rounds({
    subjects: teams,
    measure: (team) => team.request({ milliseconds: 250, rate, routes }),
    value: (sample) => sample.p99,
    goal: () => 0,
    least: 7,
    most: 7,
    seconds: 0,
  });
  const rows = [['', 'p99 in ms', 'least - most', 'p50 in ms', 'ratio of p99', 'lost the race']];
  const line = (name, samples, ratios) => [
    name,
    median(samples.map((each) => each.p99)).toFixed(2),
    `${Math.min(...samples.map((each) => each.p99)).toFixed(2)} - ${Math.max(...samples.map((each) => each.p99)).toFixed(2)}`,
    median(samples.map((each) => each.p50)).toFixed(2),
    median(ratios).toFixed(2),
    `${samples.filter((each) => each.lost).length} of ${samples.length}`,
  ];
  const [{ base: bare }] = found.values();
  rows.push(line('bare', bare, [1]));
  for (const [{ contender }, { samples, ratios }] of found) rows.push(line(contender.name, samples, ratios));
  const text = `${rate.toLocaleString('en')} requests/s for all, half of what the bare server took at saturation; latency from when a request was due. One that is over a second behind at the end lost the race: it cannot take this load.`;
  return { title: `${NAMES[framework]}, latency at a fixed load`, text: [text], rows };
}

function judge(context, framework, { values, ...where }) {
  const title = titleOf(framework, where);
  const limit = LIMITS[framework];
  const peers = [...values].filter(([contender]) => contender.package !== undefined);
  const cheapest = Math.min(...peers.map(([, { ratios }]) => center(ratios).middle));
  for (const build of context.options.builds) {
    const { ratios } = values.get(build) ?? { ratios: [] };
    if (ratios.length === 0) continue;
    const { middle, low, high } = center(ratios);
    const found = `${middle.toFixed(3)} (${low.toFixed(3)} - ${high.toFixed(3)})`;
    context.verdict(`${title}: ${build.name} ≤ ${limit} × bare`, found, middle <= limit);
    const width = halfWidth(ratios);
    context.verdict(`${title}: its interval ≤ ± 3 %`, `± ${(width * 100).toFixed(1)} %`, width <= PROMISED);
    if (peers.length > 0)
      context.verdict(`${title}: below every peer`, `cheapest peer ${cheapest.toFixed(3)}`, middle < cheapest);
  }
}

/** How far the interval reaches, as a share of the middle. */
function halfWidth(ratios) {
  const { middle, low, high } = center(ratios);
  return Math.max(high - middle, middle - low) / middle;
}
