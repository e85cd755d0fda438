/**
 * `node bench/request.mjs [--help]`: what a request costs more with each contender than without any.
 *
 * CPU time of the whole server process, because wall time says nothing on a machine that others use as well.
 */
import { fileURLToPath } from 'node:url';
import { Child } from './lib/child.mjs';
import { BARE } from './lib/contenders.mjs';
import { settings } from './lib/options.mjs';
import { rounds } from './lib/rounds.mjs';
import { Server } from './lib/server.mjs';
import { median, medianInterval, sum } from './lib/statistics.mjs';
import { table } from './lib/table.mjs';

const LOAD = fileURLToPath(new URL('lib/load-process.mjs', import.meta.url));
const CONNECTIONS = 16;
const WARM_UP = 20_000;

const options = settings(process.argv.slice(2));
const load = new Child(LOAD);
for (const framework of options.frameworks) for (const routes of options.routes) await group(framework, routes);
await load.end();

async function group(framework, routes) {
  const contenders = [BARE, ...options.contenders].filter((each) => each.frameworks.includes(framework));
  const paths = Array.from({ length: routes }, (_, i) => `/r${i}/7`);
  const servers = [];
  try {
    for (const contender of contenders)
      servers.push(await Server.start(contender, { framework, routes, node: options.node }));
    for (const server of servers)
      await load.ask({ port: server.port, connections: CONNECTIONS, paths, requests: options.brief ? 500 : WARM_UP });
    const results = await rounds({
      subjects: servers,
      measure: (server) => slice(server, paths),
      value: (sample) => sample.micros,
      goal: () => options.goal,
      least: 10,
      most: 2000,
      seconds: options.seconds,
    });
    print(`${framework}, ${routes} route${routes > 1 ? 's' : ''}`, results);
  } finally {
    await Promise.all(servers.map((server) => server.end()));
  }
}

async function slice(server, paths) {
  const before = await server.cpu();
  const { requests, seconds } = await load.ask({
    port: server.port,
    connections: CONNECTIONS,
    paths,
    milliseconds: options.slice,
  });
  const cpu = (await server.cpu()) - before;
  return { micros: cpu / requests, rate: requests / seconds, cpu, requests };
}

function print(title, results) {
  const [{ base }] = results.values();
  const rows = [['', 'ratio', '95 % interval', 'of totals', 'µs CPU', 'requests/s', 'rounds']];
  const plain = (samples) => [
    median(samples.map((each) => each.micros)).toFixed(1),
    Math.round(median(samples.map((each) => each.rate))).toLocaleString('en'),
    samples.length,
  ];
  rows.push(['bare', '1', '', '', ...plain(base)]);
  const total = (samples) => sum(samples.map((each) => each.cpu)) / sum(samples.map((each) => each.requests));
  for (const [server, { samples, base, ratios }] of results) {
    const [low, high] = medianInterval(ratios);
    const interval = `${low.toFixed(3)} - ${high.toFixed(3)}`;
    const totals = (total(samples) / total(base)).toFixed(3);
    rows.push([server.contender.name, median(ratios).toFixed(3), interval, totals, ...plain(samples)]);
  }
  console.log(`\n${title}\n${table(rows)}`);
}
