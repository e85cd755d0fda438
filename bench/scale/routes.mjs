import { chart } from '../lib/chart.mjs';
import { BARE } from '../lib/contenders.mjs';
import { addUp } from '../lib/cpu-per-request.mjs';
import { rounds } from '../lib/rounds.mjs';
import { logLogSlope, median, medianInterval } from '../lib/statistics.mjs';
import { Team } from '../lib/team.mjs';

const ROUTES = [1, 10, 100, 1000];
/** Requests before a server counts. */
const WARM_UP = 10_000;

/** @param {import('../lib/context.mjs').Context} context */
export async function byRoutes(context) {
  const { brief, builds } = context.options;
  const [build] = builds;
  const sizes = brief ? [10] : ROUTES;
  context.say(`scale: ${sizes.join(', ')} routes`);
  const costs = await costsAt(context, build, sizes);
  const title = 'Cost of a request by number of routes (Fastify)';
  if (brief) return { title, rows: [['routes'], [10]] };
  const rows = [['routes', 'bare, µs CPU', `${build.name}, µs CPU`, 'ratio', '95 % interval']];
  for (const { routes, bare, own, ratios } of costs) {
    const interval = medianInterval(ratios).map((each) => each.toFixed(3));
    rows.push([routes, bare.toFixed(1), own.toFixed(1), median(ratios).toFixed(3), interval.join(' - ')]);
  }
  const exponent = (kind) =>
    logLogSlope(
      sizes,
      costs.map((cost) => cost[kind]),
    ).exponent.toFixed(3);
  rows.push(['exponent', exponent('bare'), exponent('own'), '', '']);
  const text =
    'A process for each, all in turn in each round; the ratio is to the bare server with as many routes. One process differs from another of the same program by up to 10 %.';
  const labels = costs.map(({ routes }) => String(routes));
  const values = costs.map(({ own }) => own);
  return { title, text: [text], rows, chart: chart(labels, values, `µs of CPU per request with ${build.name}`) };
}

/** Of each number of routes, in µs of CPU per request: that of the bare server, of loadline, and the ratios of the rounds. */
async function costsAt(context, build, sizes) {
  const { brief } = context.options;
  const teams = await Promise.all(
    sizes.flatMap((routes) => [BARE, build].map((each) => Team.start(each, context, { framework: 'fastify', routes }))),
  );
  try {
    if (!brief) for (const team of teams) await team.request({ requests: WARM_UP });
    const found = await rounds({
      subjects: teams,
      measure: (team) => team.turn({ milliseconds: brief ? 20 : 50 }),
      turns: 2,
      add: addUp,
      value: ({ micros }) => micros,
      goal: () => 0,
      least: brief ? 1 : 12,
      most: brief ? 1 : Infinity,
      seconds: 35,
    });
    const [{ base }] = found.values();
    const microsOf = (team) => (found.get(team)?.samples ?? base).map(({ micros }) => micros);
    return sizes.map((routes, i) => {
      const [bare, own] = [teams[2 * i], teams[2 * i + 1]].map(microsOf);
      return { routes, bare: median(bare), own: median(own), ratios: own.map((micros, round) => micros / bare[round]) };
    });
  } finally {
    await Promise.all(teams.map((team) => team.end()));
  }
}
