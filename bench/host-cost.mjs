/**
 * `node bench/host-cost.mjs [--quick]` after `npm run build`: what the reporter thread's looks at the operating system
 * cost, as tables with their spread. Linux only. Most of what it prints is in docs/cost.md.
 */
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { Agent, createServer, get as httpGet } from 'node:http';
import { connect, createServer as createTcpServer } from 'node:net';
import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { containerLimits } from '../dist/src/host/container-limits.js';
import { listenOverflows } from '../dist/src/host/listen-overflows.js';
import { OwnSockets } from '../dist/src/host/own-sockets.js';
import { processProbe } from '../dist/src/host/process.js';
import { pss } from '../dist/src/host/pss.js';
import { readListening, readSockets } from '../dist/src/host/socket-tables.js';
import { lookUp } from '../dist/src/host/thread-pool.js';
import { threads } from '../dist/src/host/threads.js';

const REGISTER = fileURLToPath(new URL('../lib/src/register.cjs', import.meta.url));
const SELF = fileURLToPath(import.meta.url);
const QUICK = process.argv.includes('--quick');
const ROUNDS = QUICK ? 5 : 31;
/** s that an app is watched, and before: until then its code is being compiled. */
const WATCHED = QUICK ? 3 : 20;
const WARMING = QUICK ? 2 : 10;

const [, , role, ...args] = process.argv;
if (role === 'clients') await clients(Number(args[0]), Number(args[1]));
else if (role === 'app') app();
else if (process.platform !== 'linux') console.log('there is no /proc to measure');
else await main();

async function main() {
  console.log(`Node.js ${process.versions.node}, ${cpus().length} CPUs (${cpus()[0].model}), ${ROUNDS} readings each`);
  console.log('\nms per reading, by connections of the process (and rows of /proc/self/net/tcp, which has both ends)');
  const rows = {};
  for (const count of QUICK ? [10, 100] : [10, 1000, 9500])
    await withConnections(count, (port) => reads(rows, count, port));
  console.table(rows);
  console.log('\nms per reading');
  console.table({ ...plainReads(), ...(await byThreads()), ...(await throughPool()) });
  console.log(`\nCPU of a whole process over ${WATCHED} s, in % of one core, median (least - most) of 3`);
  console.table(await wholeProcess());
}

function reads(rows, count, port) {
  const isWanted = (at) => at === port;
  const inodes = readSockets(isWanted).open.map(({ inode }) => inode);
  const took = {
    'listening sockets (tcp, tcp6, unix)': measure(() => readListening()),
    'these and connections': measure(() => readSockets(isWanted)),
    'own descriptors, all looked through': measure(() => new OwnSockets().among(inodes, 0)),
  };
  const sockets = readFileSync('/proc/self/net/tcp', 'latin1').split('\n').length - 2;
  const column = `${count} (${sockets} rows)`;
  for (const [name, text] of Object.entries(took)) rows[name] = { ...rows[name], [column]: text };
}

function plainReads() {
  const probe = (made) => measure((time) => made.read(() => {}, time));
  return {
    'process (CPU, RSS, uptime)': { ms: probe(processProbe()) },
    ListenOverflows: { ms: probe(listenOverflows()) },
    'container limits, throttling, OOM': { ms: probe(containerLimits()) },
    [`PSS at ${Math.round(process.memoryUsage.rss() / 1e6)} MB`]: { ms: probe(pss()) },
    ...withMemory(1e9, (megabytes) => ({ [`PSS at ${megabytes} MB`]: { ms: probe(pss()) } })),
  };
}

function withMemory(bytes, then) {
  const held = QUICK ? Buffer.alloc(1) : Buffer.alloc(bytes, 1);
  return held.length > 0 ? then(Math.round(process.memoryUsage.rss() / 1e6)) : {};
}

async function byThreads() {
  const rows = {};
  const workers = [];
  for (const wanted of QUICK ? [0, 4] : [0, 100]) {
    while (workers.length < wanted) {
      const worker = new Worker('setInterval(() => {}, 1e6)', { eval: true });
      await once(worker, 'online');
      workers.push(worker);
    }
    const probe = threads();
    probe.read(() => {}, 0);
    const count = readdirSync('/proc/self/task').length;
    rows[`CPU by thread, ${count} threads`] = { ms: measure((time) => probe.read(() => {}, time)) };
  }
  await Promise.all(workers.map((worker) => worker.terminate()));
  return rows;
}

/** Its own load: CPU of the whole process for one no-op, sent one after the other. */
async function throughPool() {
  const costs = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.cpuUsage();
    for (let i = 0; i < 200; i++) await new Promise((resolve) => lookUp(resolve));
    const { user, system } = process.cpuUsage(before);
    costs.push((user + system) / 1e3 / 200);
  }
  return { 'no-op through the thread pool (CPU, once a second)': { ms: spread(costs) } };
}

/** An app in the same state with and without the agent, by turns; the difference is what the agent costs it. */
async function wholeProcess() {
  const cases = [
    ['at rest, without agent', [], 0],
    ['at rest, with agent, scraped every 5 s', ['--require', REGISTER], 0],
    ['1,000 requests/s, without agent', [], 1000],
    ['1,000 requests/s, with agent, scraped every 5 s', ['--require', REGISTER], 1000],
  ].map(([name, flags, rate]) => ({ name, flags, rate, runs: [] }));
  for (let run = 0; run < (QUICK ? 1 : 3); run++)
    for (const { flags, rate, runs } of cases) runs.push(await watch(flags, rate));
  const of = (runs, kind) =>
    spread(
      runs.map((found) => found[kind] * 100),
      2,
    );
  const row = (runs) => ({
    'whole process': of(runs, 'whole'),
    'main thread': of(runs, 'main'),
    'reporter thread': of(runs, 'reporter'),
  });
  return Object.fromEntries(cases.map(({ name, runs }) => [name, row(runs)]));
}

/** Seconds of CPU per second. */
async function watch(flags, rate) {
  const metrics = 20_000 + Math.floor(Math.random() * 10_000);
  const child = spawn(process.execPath, [...flags, SELF, 'app'], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, OTEL_EXPORTER_PROMETHEUS_PORT: String(metrics), LOADLINE_LOG: 'silent' },
  });
  const [line] = await once(child.stdout, 'data');
  const port = Number(line);
  const agent = new Agent({ keepAlive: true });
  const load = rate > 0 && setInterval(() => void burst(port, agent, rate / 100), 10);
  const scrape = flags.length > 0 && setInterval(() => void ask(metrics, '/metrics', agent), 5000);
  if (flags.length > 0) while (!(await ask(metrics, '/metrics', agent)).includes('"reporter"')) await sleep(100);
  await sleep(WARMING * 1000);
  const cpu = async () => ({ ...cpuOf(child.pid), reporter: flags.length > 0 ? await reporterCpu(metrics, agent) : 0 });
  const before = await cpu();
  const begin = performance.now();
  await sleep(WATCHED * 1000);
  const after = await cpu();
  const seconds = (performance.now() - begin) / 1e3;
  clearInterval(load);
  clearInterval(scrape);
  const ended = once(child, 'exit');
  child.kill();
  await ended;
  agent.destroy();
  const perSecond = (kind) => (after[kind] - before[kind]) / seconds;
  return { whole: perSecond('whole'), main: perSecond('main'), reporter: perSecond('reporter') };
}

function cpuOf(pid) {
  const of = (tid) => Number(readFileSync(`/proc/${pid}/task/${tid}/schedstat`, 'utf8').split(' ')[0]) / 1e9;
  const whole = readdirSync(`/proc/${pid}/task`).reduce((total, tid) => total + of(tid), 0);
  return { whole, main: of(pid) };
}

/** As it says itself. */
async function reporterCpu(port, agent) {
  const text = await ask(port, '/metrics', agent);
  return Number(/^loadline_thread_cpu_time_seconds_total\{thread="reporter"\} (.+)$/m.exec(text)[1]);
}

function burst(port, agent, count) {
  for (let i = 0; i < count; i++) void ask(port, '/', agent);
}

/** The body of the answer; empty when there is none. */
function ask(port, path, agent) {
  return new Promise((resolve) => {
    const asked = httpGet({ port, host: '127.0.0.1', path, agent }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece) => {
        text += piece;
      });
      response.on('end', () => resolve(text));
    });
    asked.on('error', () => resolve(''));
  });
}

function app() {
  const server = createServer((_request, response) => response.end('fine'));
  server.listen(0, '127.0.0.1', () => process.stdout.write(`${server.address().port}\n`));
}

async function withConnections(count, work) {
  const held = [];
  const server = createTcpServer((socket) => held.push(socket.on('error', () => socket.destroy())));
  server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 });
  await once(server, 'listening');
  const { port } = server.address();
  const child = fork(SELF, ['clients', port, count]);
  await once(child, 'message');
  while (held.length < count) await sleep(10);
  await work(port);
  const ended = once(child, 'exit');
  child.disconnect();
  await ended;
  for (const socket of held) socket.destroy();
  server.close();
}

async function clients(port, count) {
  process.once('disconnect', () => process.exit());
  for (let i = 0; i < count; i++) {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    await once(socket, 'connect');
  }
  process.send('connected');
}

/** `read` is given a time that is over a minute later each round, so that no probe serves its last reading. */
function measure(read) {
  const times = [];
  for (let round = 0; round < ROUNDS; round++) {
    const begin = performance.now();
    read(1e6 + round * 100_000);
    times.push(performance.now() - begin);
  }
  return spread(times);
}

/** Median (least - most). */
function spread(values, digits = 3) {
  const sorted = [...values].sort((a, b) => a - b);
  const [least, median, most] = [sorted[0], sorted[sorted.length >> 1], sorted.at(-1)].map((each) =>
    each.toFixed(digits),
  );
  return `${median} (${least} - ${most})`;
}
