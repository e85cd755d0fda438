/** How long a scrape takes that comes while the app's main loop is blocked. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Scraped } from './lib/scraped.mjs';
import { median } from './lib/statistics.mjs';
import { apps } from './scrape.mjs';

/** s of the hang, and how often it is repeated. */
const LENGTHS = [
  [1, 5],
  [5, 2],
  [30, 1],
];
/** ms. */
const LIMIT = 100;
/** Scrapes that begin within a hang. */
const SCRAPES = 5;

export const hang = {
  name: 'hang',
  title: 'During a hang',
  text: [
    `ms from the request to the last byte of the answer, 100 series, while the main loop runs an endless loop. ${SCRAPES} scrapes one after the other in each hang, the first 100 ms after it began: the median and the worst of all. One app hangs at a time, so that no other hang takes its CPU.`,
  ],

  /** @param {import('./lib/context.mjs').Context} context */
  async run(context) {
    const { brief, node, builds } = context.options;
    const lengths = brief ? [[1, 1]] : LENGTHS;
    const rows = [['', ...lengths.map(([seconds]) => `${seconds} s`)]];
    for (const which of apps(context.options)) {
      const app = await Scraped.start(which, 100, node);
      const own = builds.some(({ name }) => name === which.name);
      try {
        await app.scrape();
        const cells = [];
        for (const [seconds, times] of lengths) {
          context.say(`hang: ${which.name}, ${seconds} s`);
          const found = [];
          for (let i = 0; i < times; i++) found.push(...(await during(app, seconds)));
          const worst = Math.max(...found);
          if (own && worst > seconds * 1e3) context.fail(`${which.name} did not answer within a hang of ${seconds} s`);
          if (own)
            context.verdict(
              `${which.name} answers within ${LIMIT} ms in a hang of ${seconds} s`,
              `${worst.toFixed(0)} ms at worst`,
              worst <= LIMIT,
            );
          cells.push(brief ? 'answered' : `${median(found).toFixed(0)}, worst ${worst.toFixed(0)}`);
        }
        rows.push([which.name, ...cells]);
      } finally {
        await app.end();
      }
    }
    return [{ title: 'ms until a scrape is answered, by the length of the hang', rows }];
  },
};

/** ms of scrapes within one hang; returns after it. One that is answered after its end was the last. */
async function during(app, seconds) {
  const begin = performance.now();
  const end = begin + seconds * 1e3;
  await app.child.ask({ ask: 'block', milliseconds: seconds * 1e3 });
  await sleep(100);
  const found = [];
  while (found.length < SCRAPES && performance.now() < end) {
    found.push((await app.scrape()).milliseconds);
    await sleep((seconds * 1e3) / (SCRAPES + 1));
  }
  await app.child.ask({ ask: 'add' });
  return found;
}
