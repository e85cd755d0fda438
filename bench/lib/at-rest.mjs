import { setTimeout as sleep } from 'node:timers/promises';
import { sum } from './statistics.mjs';

/**
 * What processes without requests take, scraped once a second if they can be.
 *
 * @param {readonly import('./server.mjs').Server[]} servers
 * @param {number} seconds
 * @param {string} [url] Of the metrics of all of them.
 * @returns {Promise<{ cpu: number, rss: number, scrapes: number[] }>} % of a core and bytes, all together; ms
 */
export async function atRest(servers, seconds, url) {
  const cpu = async () => sum(await Promise.all(servers.map((server) => server.cpu())));
  const before = await cpu();
  const begin = performance.now();
  const scrapes = [];
  for (let second = 0; second < seconds; second++) {
    await sleep(1000);
    if (!url) continue;
    const asked = performance.now();
    await (await fetch(url)).text();
    scrapes.push(performance.now() - asked);
  }
  const share = ((await cpu()) - before) / 1e3 / (performance.now() - begin);
  const memory = await Promise.all(servers.map((server) => server.child.ask({ ask: 'usage' })));
  return { cpu: share * 100, rss: sum(memory.map((usage) => usage.memory.rss)), scrapes };
}
