/** Whether a contender counts the requests that it is sent: one that does not is not measured. */
import { setTimeout as sleep } from 'node:timers/promises';
import { sum } from './statistics.mjs';

/** ms. dd-trace sends every 10 s. */
const PATIENCE = 20_000;

/** Requests that a server's contender knows of, as its users would read it. */
export async function counted(server, context) {
  if (!server.contender.scrape) return context.sink.ask({ count: server.ports.sink });
  const { counter, countsScrapes } = server.contender;
  const before = countsScrapes ? server.scrapes : 0;
  return counterIn(await server.scrape(), counter) - before;
}

/**
 * Waits until a contender tells of as many requests as were sent. Resolves with what is wrong; undefined if nothing is.
 *
 * @param {import('./server.mjs').Server} server
 * @param {number} requests that were sent since it started
 * @param {import('./context.mjs').Context} context
 */
export async function whatIsWrong(server, requests, context) {
  const end = performance.now() + PATIENCE;
  await server.child.ask({ ask: 'flush' });
  let found;
  do {
    found = await counted(server, context);
    if (found === requests) return undefined;
    await sleep(100);
  } while (performance.now() < end && found < requests);
  return `${server.contender.name} tells of ${found} requests after ${requests}`;
}

/**
 * The sum of a counter over its series, without those of the scrape itself.
 *
 * @param {string} text in Prometheus' format
 * @param {string} name of the sample
 */
export function counterIn(text, name) {
  const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`) && !line.includes('"/metrics"'));
  return sum(lines.map((line) => Number(/} (\S+)/.exec(line)[1])));
}
