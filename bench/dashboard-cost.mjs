/**
 * `node bench/dashboard-cost.mjs [--quick]` after `npm run build`: what the dashboard costs the process it is about. An
 * app with 200 routes, at rest and under a steady load, watched by no page, by one and by ten. Linux only. What it prints
 * is in docs/cost.md.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, createServer, get } from 'node:http';
import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const REGISTER = fileURLToPath(new URL('../lib/src/register.cjs', import.meta.url));
const SELF = fileURLToPath(import.meta.url);
const QUICK = process.argv.includes('--quick');
/** s of one measurement, and how often each is repeated, by turns. */
const WATCHED = QUICK ? 6 : 10;
const ROUNDS = QUICK ? 1 : 5;
const ROUTES = 200;
const RATE = 200;
const METRICS_PORT = 19_464;

if (process.argv[2] === 'app') await app();
else if (process.platform !== 'linux') console.log('there is no /proc to measure');
else await main();

async function main() {
  console.log(
    `Node.js ${process.versions.node}, ${cpus().length} CPUs (${cpus()[0].model}), ${WATCHED} s, median of ${ROUNDS}`,
  );
  const child = spawn(process.execPath, ['--require', REGISTER, SELF, 'app'], {
    env: { ...process.env, OTEL_EXPORTER_PROMETHEUS_PORT: String(METRICS_PORT), LOADLINE_LOG: 'silent' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(child.stdout, 'data');
  const app = `http://127.0.0.1:${Number(line)}`;
  try {
    await load(app, 2);
    const rows = {};
    for (const rate of [0, RATE]) {
      const found = new Map([0, 1, 10].map((pages) => [pages, []]));
      for (let round = 0; round < ROUNDS; round++) {
        for (const [pages, list] of found) list.push(await measure(app, rate, pages));
      }
      for (const [pages, list] of found) rows[`${rate} requests/s, ${pages} pages`] = median(list);
    }
    console.table(rows);
  } finally {
    child.kill('SIGKILL');
  }
}

async function measure(app, rate, pages) {
  const streams = await Promise.all(Array.from({ length: pages }, open));
  await sleep(1000);
  const before = await spent();
  const latencies = await load(app, WATCHED, rate);
  const after = await spent();
  for (const stream of streams) stream.destroy();
  const share = (thread) => (100 * (after.cpu[thread] - before.cpu[thread])) / (after.time - before.time);
  const at = (q) => latencies.sort((a, b) => a - b)[Math.floor(q * latencies.length)] ?? Number.NaN;
  return {
    'main, % of a core': share('main'),
    'reporter, % of a core': share('reporter'),
    'main, ms per request': (1000 * (after.cpu.main - before.cpu.main)) / latencies.length,
    'p50, ms': at(0.5),
    'p99, ms': at(0.99),
  };
}

function median(list) {
  const middle = (name) => list.map((each) => each[name]).sort((a, b) => a - b)[Math.floor(list.length / 2)];
  return Object.fromEntries(
    Object.keys(list[0])
      .map((name) => [name, Number(middle(name).toFixed(2))])
      .filter(([, value]) => Number.isFinite(value)),
  );
}

/** Open loop: each request at its time. */
async function load(app, seconds, rate = RATE) {
  const agent = new Agent({ keepAlive: true, maxSockets: 50 });
  const begin = performance.now();
  const asked = [];
  for (let i = 0; i < seconds * rate; i++) {
    const wait = begin + (i * 1000) / rate - performance.now();
    if (wait > 0) await sleep(wait);
    asked.push(timed(`${app}/${i % ROUTES}`, agent));
  }
  await sleep(begin + seconds * 1000 - performance.now());
  const latencies = (await Promise.all(asked)).filter((latency) => !Number.isNaN(latency));
  agent.destroy();
  return latencies;
}

function timed(url, agent) {
  const begin = performance.now();
  return new Promise((resolve) => {
    const request = get(url, { agent }, (response) => {
      response.resume();
      response.once('end', () => resolve(performance.now() - begin));
    });
    // A connection that broke says nothing of how long a request takes.
    request.on('error', () => resolve(Number.NaN));
  });
}

/** A page that reads what it is told. */
async function open() {
  const request = get(`http://127.0.0.1:${METRICS_PORT}/live`, { agent: false });
  request.on('error', () => {});
  const [response] = await once(request, 'response');
  return response.resume();
}

/** What /metrics tells of the process. */
async function spent() {
  const text = await (await fetch(`http://127.0.0.1:${METRICS_PORT}/metrics`)).text();
  const cpu = {};
  for (const [, thread, value] of text.matchAll(/^loadline_thread_cpu_time_seconds_total\{thread="(\w+)"\} (\S+)/gm)) {
    cpu[thread] = Number(value);
  }
  return { time: performance.now() / 1000, cpu };
}

async function app() {
  const { setRoute } = await import('../lib/src/index.js');
  const server = createServer((request, response) => {
    setRoute(request, `/route${request.url}`);
    response.end('fine');
  }).listen(0, '127.0.0.1');
  server.keepAliveTimeout = 120_000;
  await once(server, 'listening');
  console.log(server.address().port);
}
