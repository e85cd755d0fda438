/**
 * Load for several servers by turns, and the CPU time that each takes for it. Done by the load's process itself: a message
 * from one process to another between two turns takes milliseconds in which the machine becomes another one, and work of
 * the server that is measured.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { shuffled } from './rounds.mjs';

/** ms after the last answer of a turn: what a server still does for its requests counts as well. */
const SETTLE = 1;

/**
 * @typedef {{ port: number, pid: number, paths: string[], scrapeUrl?: string }} TurnServer
 * @typedef {{ cpu: number, requests: number, seconds: number, scraped: boolean }} Turn `cpu`: µs of all threads; `seconds`
 *   of load
 *
 * @param {{ servers: TurnServer[], rounds: number, milliseconds: number, scrapeEach?: number, connections: number }} order
 *   `rounds`: turns that each server has, in random order; `scrapeEach`: it is scraped in one of so many of them.
 * @param {(order: object) => Promise<{ requests: number, seconds: number }>} ask load for one of them
 * @returns {Promise<Turn[][]>} by server, those of a round in the same place
 */
export async function takeTurns({ servers, rounds, scrapeEach = 0, ...order }, ask) {
  const turns = servers.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const i of shuffled(turns.keys(), Math.random)) {
      const { scrapeUrl, pid, ...server } = servers[i];
      const before = cpuOf(pid);
      const scraped = scrapeEach > 0 && round % scrapeEach === scrapeEach >> 1;
      const answered = scraped && scrapeUrl ? answer(scrapeUrl) : undefined;
      const [{ requests, seconds }] = await Promise.all([ask({ ...order, ...server }), answered]);
      await sleep(SETTLE);
      turns[i].push({ cpu: cpuOf(pid) - before, requests, seconds, scraped });
    }
  }
  return turns;
}

/** µs that all threads of a process have run: as Linux accounts it for its scheduler, in ns. */
function cpuOf(pid) {
  const folder = `/proc/${pid}/task`;
  let sum = 0;
  for (const thread of readdirSync(folder))
    sum += Number.parseInt(readFileSync(`${folder}/${thread}/schedstat`, 'latin1'), 10);
  return sum / 1e3;
}

async function answer(url) {
  const response = await fetch(url);
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} answered a scrape with ${response.status}: ${text}`);
}
