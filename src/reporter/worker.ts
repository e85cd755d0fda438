/** The reporter thread: composition root of everything that reads. Started by `reporter.ts`; exports nothing. */
import { isatty } from 'node:tty';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { epochOf, now, timers } from '../clock.ts';
import type { Config } from '../config.ts';
import { describe, reasonOf } from '../errors.ts';
import { isContainer } from '../host/container.ts';
import { eventLoop, overdue } from '../host/event-loop.ts';
import { httpInFlight } from '../host/http.ts';
import { memoryLimits } from '../host/memory-limits.ts';
import { processProbe } from '../host/process.ts';
import { series } from '../host/series.ts';
import { createLog } from '../log.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import type { Adapter, AdapterContext } from './adapter.ts';
import { adapterNames, loadAdapter } from './adapters.ts';
import { ExportCounts } from './export-counts.ts';
import { Findings } from './findings.ts';
import { createGroup, findingOf } from './grouped.ts';
import { HostProbes } from './host-probes.ts';
import { Maps } from './maps.ts';
import type { StartData, ToApp, ToReporter } from './messages.ts';
import { Pushing } from './pushing.ts';
import { Sampled } from './sampled.ts';
import { every } from './schedule.ts';
import { createReporterServer, type ReporterServer } from './server.ts';
import { Snapshots } from './snapshots.ts';

/** ms between two looks of the probes that cover a trailing minute. */
const TICK = 5000;
/** ms that closing may take in all. */
const CLOSE_LIMIT = 1500;
/** The part of the time for ending that pushing may take; the rest is for telling the group. */
const PUSH_PART = 0.7;
/** ms that the port of a leader that died may stay taken, and between two tries. */
const PORT_LIMIT = 2000;
const PORT_PAUSE = 50;
/** ms that a process which joined waits for word of where its leader serves. */
const OPEN_LIMIT = 3000;

const port = parentPort as MessagePort;
const { config, resource, map, threadMaps, main, isRestart } = workerData as StartData;
const log = createLog(config.log);
const tell = (message: ToApp) => port.postMessage(message);

const maps = new Maps({
  main: map,
  threadMaps,
  onMap: (announced) => tell({ type: 'map', map: announced }),
  warn: (line) => log.once('maps', line),
});
const startTime = maps.main.header('startTime');
const settings = { seriesLimit: config.seriesLimit, warn: log.once };
const counts = new ExportCounts();
const host = new HostProbes(
  [
    processProbe(),
    memoryLimits(),
    eventLoop(maps.main, settings),
    httpInFlight(maps.main, settings),
    series(maps.main, settings),
    counts.probe,
  ],
  startTime,
  log.once,
);
const sampled = new Sampled({
  ask: (round) => tell({ type: 'collect', round }),
  isBlocked: () => overdue(maps.main, now()) > 0,
  now,
  timeout: config.samplerTimeout,
  startTime,
});
const snapshots = new Snapshots(maps, host, sampled, resource);
const findings = new Findings(({ title, until }) => until === null && log.warn(title));
/** What only the process that serves and pushes has: the one that leads its group, or is on its own. */
let adapters: readonly { readonly name: string; readonly adapter: Adapter }[] = [];
let loading: ReturnType<typeof load> | undefined;
let pushing: Pushing | undefined;
let server: { readonly url: string; readonly server: ReporterServer } | undefined;
let hasCompany = false;
let tellOpened!: (url: string | undefined) => void;
const openedAt = new Promise<string | undefined>((resolve) => {
  tellOpened = resolve;
});
const group = createGroup(config, main, {
  self: { key: `${process.pid}.${startTime}`, pid: process.pid, resource },
  refresh: () => sampled.refresh(),
  read: () => snapshots.own(),
  readHost: () => snapshots.ofHost(),
  prepare: () => {
    loading ??= load();
  },
  lead: ({ basis, isTakeover }) => open(basis, isTakeover ? PORT_LIMIT : 0),
  follow: () => close(CLOSE_LIMIT, false),
  alone: async (serves) => {
    await open(new Map(), 0, serves);
  },
  onOpen: tellOpened,
  onCompany: () => {
    hasCompany = true;
    tell({ type: 'company' });
  },
  answer: (what) => (what === 'findings' ? findings.list() : null),
  openTrouble: (trouble) => {
    const finding = findings.open(findingOf(trouble, epochOf(now())));
    return () => finding.close(epochOf(now()));
  },
  warn: log.warn,
});
const shown = () => group?.snapshot() ?? snapshots.take();
const round = () => (pushing && !pushing.isEmpty ? pushing.push() : sampled.refresh());
const schedules = [every(TICK, () => host.tick(now())), every(config.exportInterval, round)];

port.on('message', (message: ToReporter) => {
  if (message.type === 'asking') sampled.onAsking(message.round);
  else if (message.type === 'collected') sampled.onCollected(message.round, message.metrics);
  else if (message.type === 'flush') void flush(message);
  else if (message.type === 'snapshot') void answerSnapshot(message.number, message.without);
  else void stop();
});
if (group) await group.start();
else await open(new Map(), 0);
const url = group?.role === 'member' ? await opened() : server?.url;
tell({ type: 'ready', url, flushes: hasCompany || pushing?.isEmpty === false });

/**
 * Loads the adapters, pushes and serves from now on. `basis`: what was delivered last, by adapter; undefined when
 * nobody knows. `patience`: ms for which a port that is taken is tried. Never rejects.
 */
async function open(
  basis: ReadonlyMap<string, Snapshot> | undefined,
  patience: number,
  serves = true,
): Promise<string | undefined> {
  loading ??= load();
  adapters = await loading;
  const present = isRestart || basis === undefined ? await shown() : undefined;
  pushing = new Pushing({
    adapters: adapters.filter(({ adapter }) => adapter.push !== undefined),
    interval: config.exportInterval,
    counts,
    log,
    snapshot: shown,
    basisOf: (name) => basis?.get(name) ?? present,
    onDelivered: (...delivered) => group?.delivered(...delivered),
  });
  server = serves
    ? await serve(
        adapters.map(({ adapter }) => adapter),
        patience,
      )
    : undefined;
  return server?.url;
}

/** Of the process that serves for this one. */
async function opened(): Promise<string | undefined> {
  const limit = timers.setTimeout(() => tellOpened(undefined), OPEN_LIMIT);
  const url = await openedAt;
  timers.clearTimeout(limit);
  return url;
}

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
    snapshot: shown,
    count: (outcome, points) => counts.add(name, outcome, points),
    log: (line) => log.once(line, line),
  };
}

async function answerSnapshot(number: number, without: string): Promise<void> {
  tell({ type: 'snapshot', number, snapshot: await snapshots.take(without) });
}

/**
 * Serves what the pulling adapters have; undefined when there is none or the port can't be had in `patience` ms, which
 * is said.
 */
async function serve(
  from: readonly Adapter[],
  patience: number,
): Promise<{ url: string; server: ReporterServer } | undefined> {
  const routes = Object.assign({}, ...from.map((adapter) => adapter.routes ?? {}));
  if (Object.keys(routes).length === 0) return undefined;
  const { host: address, port: wanted } = config.prometheus;
  for (const begin = now(); ; ) {
    try {
      const reporterServer = createReporterServer({ host: address, port: wanted, routes, log: log.warn });
      const { url } = await reporterServer.listen();
      sayWhere(url, config);
      return { url, server: reporterServer };
    } catch (error) {
      const isTaken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
      if (isTaken && now() - begin < patience) {
        await new Promise((resolve) => timers.setTimeout(resolve, PORT_PAUSE));
        continue;
      }
      log.warn(describeListenError(error as NodeJS.ErrnoException, config));
      return undefined;
    }
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
  await pushing?.stop(hasCompany ? limit * PUSH_PART : limit);
  await group?.end(limit * (1 - PUSH_PART));
  Atomics.store(done, 0, 1);
  Atomics.notify(done, 0);
}

async function stop(): Promise<void> {
  for (const end of schedules) end();
  await close(CLOSE_LIMIT * PUSH_PART, true);
  await group?.end(CLOSE_LIMIT * (1 - PUSH_PART));
  maps.close();
  process.exit(0);
}

/** Ends what `open` began; `delivers`: with a last push, in `limit` ms. Never rejects. */
async function close(limit: number, delivers: boolean): Promise<void> {
  const signal = AbortSignal.timeout(limit);
  const idle = adapters.filter(({ adapter }) => !delivers || adapter.push === undefined);
  const ending = delivers ? pushing?.stop(limit) : undefined;
  pushing = undefined;
  await Promise.allSettled([
    server?.server.close(),
    ending,
    ...idle.map(async ({ adapter }) => adapter.close?.(signal)),
  ]);
  server = undefined;
  adapters = [];
  loading = undefined;
}
