/** What a scrape costs: the one who asks, and the app that is asked. */
import { setTimeout as sleep } from 'node:timers/promises';
import { rounds } from './lib/rounds.mjs';
import { Scraped, seriesIn } from './lib/scraped.mjs';
import { median, medianInterval } from './lib/statistics.mjs';

const SIZES = [100, 1000, 10_000, 100_000];
/** ms of the main loop. */
const BLOCK_LIMIT = 1;
/** At this many series the answer is to come this many times as fast as prom-client's. */
const LARGE = 10_000;
const FASTER = 3;
/** Scrapes before anything is measured: an app is scraped for days. */
const WARM_UP = 20;

export const scrape = {
  name: 'scrape',
  title: 'Scrape cost',
  text: [
    'Counters with two attributes over ten metrics, one added to each between scrapes; answers are not compressed (loadline would, the others cannot). loadline runs with `seriesLimit: 100000`, OpenTelemetry with the same limit by a view: both default to 2,000 per metric. 20 scrapes come before those that count (at 100,000 series one). "answer": ms until its last byte, from another process. "CPU": all that the app\'s main thread did from before the scrape until after it, so the longest block is at most that; the others answer on that thread. "longest turn": of the main loop, in wall time, in another scrape while the loop turns without a pause; who else has the CPU counts in it. "none": 50 ms in which nobody scrapes, for comparison. Median and 95 % interval.',
  ],

  /** @param {import('./lib/context.mjs').Context} context */
  async run(context) {
    const rows = [
      ['series', 'contender', 'answer, ms', 'CPU of the main loop, ms', 'longest turn, ms', 'kB', 'series in it'],
    ];
    for (const size of context.options.brief ? SIZES.slice(0, 2) : SIZES) rows.push(...(await ofSize(context, size)));
    return [{ title: 'By number of series', rows: context.options.brief ? rows.map(withoutTimes) : rows }];
  },
};

/** The apps that are compared here and in hang.mjs. */
export function apps({ builds }) {
  const own = builds.map(({ name, dist }) => ({ name, subject: 'loadline', dist }));
  return [...own, { name: 'prom-client', subject: 'prom-client' }, { name: 'OpenTelemetry', subject: 'OpenTelemetry' }];
}

async function ofSize(context, size) {
  const { node, brief } = context.options;
  context.say(`scrape: ${size} series`);
  const started = [];
  try {
    for (const which of apps(context.options)) started.push(await Scraped.start(which, size, node));
    const warmUp = brief || size > LARGE ? 1 : WARM_UP;
    for (const each of started) for (let i = 0; i < warmUp; i++) await each.scrape();
    const none = { name: 'none', of: started[0] };
    const results = await rounds({
      subjects: [none, ...started],
      measure: (each) => (each === none ? atRest(none.of) : scraped(each)),
      value: ({ milliseconds }) => milliseconds,
      goal: () => 0,
      least: brief ? 1 : 11,
      most: brief ? 1 : 11,
      seconds: 0,
    });
    for (const [each, { samples }] of results) {
      const { found } = samples.at(-1);
      if (found !== size) context.fail(`${each.name} shows ${found} of ${size} series`);
    }
    judge(context, size, results);
    const [{ base }] = results.values();
    return [row(size, 'none', base), ...[...results].map(([{ name }, { samples }]) => row(size, name, samples))];
  } finally {
    await Promise.all(started.map((each) => each.end()));
  }
}

/** Two scrapes: what is measured would be in each other's way. */
async function scraped(each) {
  await each.child.ask({ ask: 'add' });
  const before = await each.child.ask({ ask: 'mainCpu' });
  const { milliseconds, text } = await each.scrape();
  const cpu = (await each.child.ask({ ask: 'mainCpu' })) - before;
  const turn = await longestTurn(each, () => each.scrape());
  return { milliseconds, cpu, turn, bytes: text.length, found: seriesIn(text) };
}

async function atRest(each) {
  const before = await each.child.ask({ ask: 'mainCpu' });
  await sleep(50);
  const cpu = (await each.child.ask({ ask: 'mainCpu' })) - before;
  return { milliseconds: 1, cpu, turn: await longestTurn(each, () => sleep(50)) };
}

async function longestTurn(each, during) {
  await each.child.ask({ ask: 'watch' });
  await during();
  return each.child.ask({ ask: 'longest' });
}

function row(size, name, samples) {
  const spread = (kind, digits) => {
    const values = samples.map((sample) => sample[kind]);
    const [low, high] = medianInterval(values);
    return `${median(values).toFixed(digits)} (${low.toFixed(digits)} - ${high.toFixed(digits)})`;
  };
  const { bytes, found } = samples.at(-1);
  const main = [spread('cpu', 2), spread('turn', 2)];
  if (bytes === undefined) return [size.toLocaleString('en'), name, '', ...main, '', ''];
  const kilobytes = Math.round(bytes / 1e3).toLocaleString('en');
  return [size.toLocaleString('en'), name, spread('milliseconds', 1), ...main, kilobytes, found];
}

/** A brief run shows no times. */
function withoutTimes([series, contender, , , , , found]) {
  return [series, contender, found];
}

function judge(context, size, results) {
  const times = (each) => results.get(each).samples.map(({ milliseconds }) => milliseconds);
  const [promClient] = [...results.keys()].filter(({ name }) => name === 'prom-client');
  for (const each of results.keys()) {
    if (!context.options.builds.some(({ name }) => name === each.name)) continue;
    const { samples, base } = results.get(each);
    const block = median(samples.map(({ cpu }, i) => cpu - base[i].cpu));
    const title = `${each.name}, ${size.toLocaleString('en')} series`;
    const found = `${block.toFixed(2)} ms more than without a scrape`;
    context.verdict(`${title}: main loop blocked ≤ ${BLOCK_LIMIT} ms`, found, block <= BLOCK_LIMIT);
    if (size !== LARGE) continue;
    const own = times(each);
    const faster = median(times(promClient).map((time, round) => time / own[round]));
    context.verdict(
      `${title}: answered ${FASTER} × as fast as prom-client`,
      `${faster.toFixed(1)} ×`,
      faster >= FASTER,
    );
  }
}
