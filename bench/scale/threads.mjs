import { atRest } from '../lib/at-rest.mjs';
import { chart } from '../lib/chart.mjs';
import { BARE } from '../lib/contenders.mjs';
import { Server } from '../lib/server.mjs';
import { logLogSlope, median } from '../lib/statistics.mjs';

const THREADS = [1, 2, 4, 8];
const SECONDS = 4;

/** @param {import('../lib/context.mjs').Context} context */
export async function byThreads(context) {
  const { brief, node, builds } = context.options;
  const [build] = builds;
  const options = { framework: 'http', node };
  const bare = await Server.start(BARE, options);
  const own = await Server.start(build, options);
  const rows = [
    ['worker threads', 'bare, MB', `${build.name}, MB`, 'bare, % of a core', `${build.name}, %`, 'scrape, ms'],
  ];
  const found = [];
  try {
    await own.scrape();
    for (const threads of brief ? [2] : THREADS) {
      context.say(`scale: ${threads} worker threads`);
      await Promise.all([bare, own].map((server) => server.child.ask({ ask: 'threads', count: threads })));
      const plain = await atRest([bare], brief ? 1 : SECONDS);
      const agent = await atRest([own], brief ? 1 : SECONDS, own.scrapeUrl);
      const series = (await own.scrape()).match(/^loadline_thread_cpu_time_seconds_total\{.*thread="/gm)?.length ?? 0;
      if (series === 0) context.fail(`${build.name} shows no threads`);
      found.push(agent);
      const cells = [plain.rss / 1e6, agent.rss / 1e6, plain.cpu, agent.cpu, median(agent.scrapes)];
      rows.push([threads, ...cells.map((value) => value.toFixed(value < 10 ? 2 : 0))]);
    }
  } finally {
    await Promise.all([bare.end(), own.end()]);
  }
  const title = 'Cost of idle worker threads';
  if (brief) return { title, rows: [['worker threads'], [2]] };
  const cpu = found.map((each) => each.cpu);
  const exponents = [found.map(({ rss }) => rss), cpu, found.map(({ scrapes }) => median(scrapes))].map((values) =>
    logLogSlope(THREADS, values).exponent.toFixed(3),
  );
  rows.push(['exponent', '', exponents[0], '', exponents[1], exponents[2]]);
  const text = `Idle threads of one plain server, no requests; loadline is scraped once a second. ${SECONDS} s each.`;
  return { title, text: [text], rows, chart: chart(THREADS.map(String), cpu, '% of a core, all threads') };
}
