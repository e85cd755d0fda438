import { chart } from '../lib/chart.mjs';
import { BARE } from '../lib/contenders.mjs';
import { micros, ratioTo } from '../lib/per-request.mjs';
import { center, logLogSlope } from '../lib/statistics.mjs';
import { Team } from '../lib/team.mjs';

const ROUTES = [1, 10, 100, 1000];
/** Requests before a server counts. */
const WARM_UP = 30_000;
/** Each value is that of so many turns of so many ms. */
const TURNS = 10;
const TURN = 10;
const SECONDS = 35;

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
    const [middle, low, high] = Object.values(center(ratios)).map((each) => each.toFixed(3));
    rows.push([routes, bare.toFixed(1), own.toFixed(1), middle, `${low} - ${high}`]);
  }
  const exponent = (kind) =>
    logLogSlope(
      sizes,
      costs.map((cost) => cost[kind]),
    ).exponent.toFixed(3);
  rows.push(['exponent', exponent('bare'), exponent('own'), '', '']);
  const text =
    'A process for each, all of them by turns of 10 ms; the ratio is to the bare server with as many routes.';
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
    const end = performance.now() + (brief ? 0 : SECONDS * 1e3);
    if (!brief) await Promise.all(teams.map((team) => team.request({ requests: WARM_UP })));
    const found = [];
    do found.push(await Team.takeTurns(teams, { rounds: brief ? 1 : TURNS, milliseconds: TURN }));
    while (performance.now() < end);
    return sizes.map((routes, i) => {
      const [bare, own] = [teams[2 * i], teams[2 * i + 1]].map((team) => found.map((turns) => turns.get(team)));
      const ratios = own.map((turns, k) => ratioTo(bare[k], turns));
      return { routes, bare: micros(bare.flat()), own: micros(own.flat()), ratios };
    });
  } finally {
    await Promise.all(teams.map((team) => team.end()));
  }
}
