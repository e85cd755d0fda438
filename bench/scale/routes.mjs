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
  const rows = [['routes', 'bare, µs CPU', `${build.name}, µs CPU`, 'ratio', '95 % interval']];
  const costs = [];
  for (const routes of brief ? [10] : ROUTES) {
    context.say(`scale: ${routes} routes`);
    const { base, samples, ratios } = await atSize(context, build, routes);
    const [bare, own] = [base, samples].map((list) => median(list.map(({ micros }) => micros)));
    costs.push({ routes, bare, own });
    const interval = medianInterval(ratios).map((each) => each.toFixed(3));
    rows.push([routes, bare.toFixed(1), own.toFixed(1), median(ratios).toFixed(3), interval.join(' - ')]);
  }
  const title = 'Cost of a request by number of routes (Fastify)';
  if (brief) return { title, rows: [['routes'], [10]] };
  const exponent = (kind) =>
    logLogSlope(
      ROUTES,
      costs.map((cost) => cost[kind]),
    ).exponent.toFixed(3);
  rows.push(['exponent', exponent('bare'), exponent('own'), '', '']);
  const labels = costs.map(({ routes }) => String(routes));
  const values = costs.map(({ own }) => own);
  return { title, rows, chart: chart(labels, values, `µs of CPU per request with ${build.name}`) };
}

async function atSize(context, build, routes) {
  const { brief } = context.options;
  const where = { framework: 'fastify', routes };
  const teams = [await Team.start(BARE, context, where), await Team.start(build, context, where)];
  try {
    if (!brief) for (const team of teams) await team.begin(0, WARM_UP);
    const results = await rounds({
      subjects: teams,
      measure: (team) => team.turn({ milliseconds: brief ? 20 : 100 }),
      turns: 2,
      add: addUp,
      value: ({ micros }) => micros,
      goal: () => 0.03,
      least: brief ? 1 : 12,
      most: brief ? 1 : 60,
      seconds: 11,
    });
    return results.get(teams[1]);
  } finally {
    await Promise.all(teams.map((team) => team.end()));
  }
}
