import { atRest } from '../lib/at-rest.mjs';
import { chart } from '../lib/chart.mjs';
import { BARE } from '../lib/contenders.mjs';
import { freePort, Server } from '../lib/server.mjs';
import { logLogSlope, median } from '../lib/statistics.mjs';

const PROCESSES = [1, 2, 4, 8];
const SECONDS = 4;
/** ms that a process may take until the group knows it. */
const PATIENCE = 20_000;

/** @param {import('../lib/context.mjs').Context} context */
export async function byProcesses(context) {
  const { brief, builds } = context.options;
  const [build] = builds;
  const rows = [['processes', 'bare, MB', `${build.name}, MB`, 'bare, % of a core', `${build.name}, %`, 'scrape, ms']];
  const metrics = await freePort();
  const plain = [];
  const group = [];
  const found = [];
  try {
    for (const count of brief ? [1, 2] : PROCESSES) {
      context.say(`scale: ${count} processes`);
      await grow(context, BARE, plain, count, metrics);
      await grow(context, build, group, count, metrics);
      await allKnown(context, group);
      const bare = await atRest(plain, brief ? 1 : SECONDS);
      const own = await atRest(group, brief ? 1 : SECONDS, group[0].scrapeUrl);
      found.push(own);
      const cells = [bare.rss / 1e6, own.rss / 1e6, bare.cpu, own.cpu, median(own.scrapes)];
      rows.push([count, ...cells.map((value) => value.toFixed(value < 10 ? 2 : 0))]);
    }
  } finally {
    await Promise.all([...plain, ...group].map((server) => server.end()));
  }
  const title = 'Cost of processes of one service';
  if (brief) return { title, rows: [['processes'], [2]] };
  const cpu = found.map((each) => each.cpu);
  const exponents = [found.map(({ rss }) => rss), cpu, found.map(({ scrapes }) => median(scrapes))].map((values) =>
    logLogSlope(PROCESSES, values).exponent.toFixed(3),
  );
  rows.push(['exponent', '', exponents[0], '', exponents[1], exponents[2]]);
  const text = `Plain servers without requests, all of one group, whose leader is scraped once a second; all of them together. ${SECONDS} s each.`;
  return { title, text: [text], rows, chart: chart(PROCESSES.map(String), cpu, '% of a core, all processes') };
}

async function grow({ options }, contender, servers, count, metrics) {
  while (servers.length < count)
    servers.push(await Server.start(contender, { framework: 'http', node: options.node, metrics }));
}

/** The group's own count of its processes. */
async function allKnown(context, servers) {
  const end = performance.now() + PATIENCE;
  for (;;) {
    const text = await servers[0].scrape();
    const alive = /^loadline_group_processes\{.*alive.*\} (\d+)/m.exec(text)?.[1] ?? 1;
    if (Number(alive) === servers.length) return;
    if (performance.now() > end) return context.fail(`the group knows ${alive} of ${servers.length} processes`);
  }
}
