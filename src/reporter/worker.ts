/** The reporter thread: composition root of everything that reads. Started by `reporter.ts`; exports nothing. */
import { isatty } from 'node:tty';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { epochOf, now } from '../clock.ts';
import type { Config } from '../config.ts';
import { describe, reasonOf } from '../errors.ts';
import { isContainer } from '../host/container.ts';
import { overdue } from '../host/event-loop.ts';
import { hostProbes } from '../host/probes.ts';
import { createLog } from '../log.ts';
import { StackArea } from '../store/stack-area.ts';
import type { Adapter, AdapterContext } from './adapter.ts';
import { adapterNames, loadAdapter } from './adapters.ts';
import { ExportCounts } from './export-counts.ts';
import { findingLog } from './finding-log.ts';
import { Findings } from './findings.ts';
import { HostProbes } from './host-probes.ts';
import { jsonRoute } from './json-route.ts';
import { Maps } from './maps.ts';
import type { ReporterData, ToApp, ToReporter } from './messages.ts';
import { Pushing } from './pushing.ts';
import { listRequests } from './requests.ts';
import { Sampled } from './sampled.ts';
import { every } from './schedule.ts';
import { createReporterServer, type ReporterServer } from './server.ts';
import { SlowRequests } from './slow-requests.ts';
import { Snapshots } from './snapshots.ts';
import { Watch } from './watch.ts';

/** ms between two looks of the probes that cover a trailing minute. */
const TICK = 5000;
/** ms between two looks for slow requests. */
const LOOK = 500;
/** ms that closing may take in all. */
const CLOSE_LIMIT = 1500;

const port = parentPort as MessagePort;
const { config, resource, map, stackArea, threads, main, delivered, isRestart } = workerData as ReporterData;
const log = createLog(config.log);
const tell = (message: ToApp) => port.postMessage(message);

const maps = new Maps({
  main: map,
  threads,
  aggregate: config.aggregate,
  seriesLimit: config.seriesLimit,
  stallThreshold: config.stallThreshold,
  samplerTimeout: config.samplerTimeout,
  keep: (left, folds) => port.postMessage({ type: 'threads', left, folds } satisfies ToApp, [left.buffer]),
  warn: log.once,
});
const startTime = maps.main.header('startTime');
const counts = new ExportCounts();
// A thread that takes the place of a dead one begins above its ids: it had less than one finding in a millisecond.
const findings = new Findings(findingLog(log, config.log), isRestart ? Math.floor(now()) : 1);
const watch = new Watch({
  findings,
  threshold: config.stallThreshold,
  maps: () => maps.living(),
  stackArea: config.stallStacks ? new StackArea(stackArea) : undefined,
  warn: log.once,
});
/** Of the agent's server; 0 = it has none yet. */
let ownPort = 0;
const { seriesLimit, stallThreshold, bounds } = config;
const isAgents = (at: number | string) => at === ownPort;
const probes = hostProbes({ map: maps.main, bounds, seriesLimit, stallThreshold, isAgents, warn: log.once });
const host = new HostProbes([...probes, counts.probe, watch.probe], startTime, log.once);
host.tick(now());
const sampled = new Sampled({
  ask: (round) => tell({ type: 'collect', round }),
  isBlocked: () => overdue(maps.main, now()) > 0,
  now,
  timeout: config.samplerTimeout,
  startTime,
});
const slowRequests = new SlowRequests({ threshold: config.slowRequest, findings, maps: () => maps.living() });
const snapshots = new Snapshots(maps, host, sampled, resource);
const adapters = await load();
const pushing = new Pushing({
  adapters: adapters.filter(({ adapter }) => adapter.push !== undefined),
  interval: config.exportInterval,
  counts,
  log,
  snapshot: () => snapshots.take(),
  delivered,
  onDelivered: (adapter, basis) => tell({ type: 'delivered', adapter, basis }),
});
const server = await serve(adapters.map(({ adapter }) => adapter));
const round = pushing.isEmpty ? () => sampled.refresh() : () => pushing.push();
const tick = (time: number) => {
  host.tick(time);
  maps.tick(time);
};
const schedules = [
  every(TICK, () => tick(now())),
  every(LOOK, () => slowRequests.check(now())),
  every(config.exportInterval, round),
  () => watch.stop(),
];

port.on('message', (message: ToReporter) => {
  if (message.type === 'asking') sampled.onAsking(message.round);
  else if (message.type === 'collected') sampled.onCollected(message.round, message.metrics);
  else if (message.type === 'map') maps.add(message.map);
  else if (message.type === 'kept') maps.onKept();
  else if (message.type === 'flush') void flush(message);
  else if (message.type === 'snapshot') void answerSnapshot(message.number, message.without);
  else void stop();
});
tell({ type: 'ready', url: server?.url, pushes: !pushing.isEmpty });

async function load(): Promise<{ name: string; adapter: Adapter }[]> {
  const names = adapterNames(config.adapters);
  const loaded = await Promise.all(
    config.adapters.map(async (entry, i) => {
      const name = names[i]!;
      const adapter = await loadAdapter({ entry, name, config, main, context: contextOf(name), log });
      return adapter && { name, adapter };
    }),
  );
  return loaded.filter((each) => each !== undefined);
}

function contextOf(name: string): AdapterContext {
  return {
    interval: config.exportInterval,
    snapshot: () => snapshots.take(),
    count: (outcome, points) => counts.add(name, outcome, points),
    log: (line) => log.once(line, line),
  };
}

async function answerSnapshot(number: number, without: string): Promise<void> {
  tell({ type: 'snapshot', number, snapshot: await snapshots.take(without) });
}

/** Serves what the pulling adapters have; undefined when there is none or the port can't be had, which is said. */
async function serve(from: readonly Adapter[]): Promise<{ url: string; server: ReporterServer } | undefined> {
  const routes = Object.assign({}, ...from.map((adapter) => adapter.routes ?? {}));
  if (Object.keys(routes).length === 0) return undefined;
  const guarded = {
    '/findings': jsonRoute(() => ({ time: Math.round(epochOf(now())), findings: findings.list() })),
    '/requests': jsonRoute(() => listRequests(maps.living(), now())),
  };
  const { host: address, port: wanted } = config.prometheus;
  const { token } = config;
  try {
    const reporterServer = createReporterServer({ host: address, port: wanted, routes, guarded, token, log: log.warn });
    const { url } = await reporterServer.listen();
    ownPort = Number(new URL(url).port);
    sayWhere(url, config);
    return { url, server: reporterServer };
  } catch (error) {
    log.warn(describeListenError(error as NodeJS.ErrnoException, config));
    return undefined;
  }
}

/** People at a terminal are told where to look; what a service writes to stderr stays as it is without the agent. */
function sayWhere(url: string, { prometheus }: Config): void {
  if (prometheus.hostIsDefault && isContainer()) {
    log.warn(describe('ERR_LOADLINE_CONTAINER', { host: prometheus.host, port: new URL(url).port }));
  } else if (isatty(2)) {
    log.info(`metrics at ${url}/metrics`);
  }
}

function describeListenError(
  error: NodeJS.ErrnoException,
  { prometheus: { host: name, port: number } }: Config,
): string {
  const params = { host: name, port: number };
  if (error.code === 'EADDRINUSE') return describe('ERR_LOADLINE_PORT_IN_USE', params);
  if (error.code === 'EACCES') return describe('ERR_LOADLINE_PORT_FORBIDDEN', params);
  return describe('ERR_LOADLINE_ADDRESS', { host: name, reason: reasonOf(error) });
}

/** The app's thread is blocked until this is over, and ends the process then. */
async function flush({ metrics, done, limit }: Extract<ToReporter, { type: 'flush' }>): Promise<void> {
  for (const end of schedules) end();
  sampled.onFinal(metrics);
  await pushing.stop(limit);
  Atomics.store(done, 0, 1);
  Atomics.notify(done, 0);
}

async function stop(): Promise<void> {
  for (const end of schedules) end();
  const signal = AbortSignal.timeout(CLOSE_LIMIT);
  const pulling = adapters.filter(({ adapter }) => adapter.push === undefined);
  await Promise.allSettled([
    server?.server.close(),
    pushing.stop(CLOSE_LIMIT),
    ...pulling.map(async ({ adapter }) => adapter.close?.(signal)),
  ]);
  maps.close();
  process.exit(0);
}
