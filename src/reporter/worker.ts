/** The reporter thread: composition root of everything that reads. Started by `reporter.ts`; exports nothing. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { atMost, epochOf, now } from '../clock.ts';
import { Dashboard } from '../dashboard/dashboard.ts';
import { isMeetingPlace } from '../group/directory.ts';
import { overdue } from '../host/event-loop.ts';
import { hostProbes } from '../host/probes.ts';
import { createLog } from '../log.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { StackArea } from '../store/stack-area.ts';
import type { AdapterContext } from './adapter.ts';
import { loadAdapters, type NamedAdapter } from './adapters.ts';
import { pack, unpack } from './delivered.ts';
import { Endpoint } from './endpoint.ts';
import { ExportCounts } from './export-counts.ts';
import { findingLog } from './finding-log.ts';
import { type Finding, Findings } from './findings.ts';
import { createGroup, findingOf } from './grouped.ts';
import { HostProbes } from './host-probes.ts';
import { jsonRoute } from './json-route.ts';
import { Maps } from './maps.ts';
import type { ReporterData, ToApp, ToReporter } from './messages.ts';
import { type Answers, findingsOfAll, requestsOfAll } from './of-all.ts';
import { Pushing } from './pushing.ts';
import { listRequests } from './requests.ts';
import { Sampled } from './sampled.ts';
import { every } from './schedule.ts';
import { SlowRequests } from './slow-requests.ts';
import { Snapshots } from './snapshots.ts';
import { Watch } from './watch.ts';

/** ms between two looks of the probes that cover a trailing minute. */
const TICK = 5000;
/** ms between two looks for slow requests. */
const LOOK = 500;
/** ms that closing may take in all. */
const CLOSE_LIMIT = 1500;
/** The part of the time for ending that pushing may take; the rest is for telling the group. */
const PUSH_PART = 0.7;
/** ms for which the port of a leader that died may stay taken. */
const PORT_LIMIT = 2000;
/** ms that other processes of the group have to answer a question. */
const ASK_LIMIT = 300;
/** ms that a process which joined waits for word of where its leader serves. */
const OPEN_LIMIT = 3000;

const port = parentPort as MessagePort;
const { config, resource, map, stackArea, threads, main, debugPort, delivered, isRestart } = workerData as ReporterData;
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
  debugPort,
  stackArea: config.stallStacks ? new StackArea(stackArea) : undefined,
  warn: log.once,
});
/** Of the agent's server; 0 = it has none yet. */
let ownPort = 0;
const { seriesLimit, stallThreshold, bounds } = config;
const isAgents = (at: number | string) => (typeof at === 'string' ? isMeetingPlace(at) : at === ownPort);
const workers = () => maps.tids();
const probes = hostProbes({ map: maps.main, bounds, seriesLimit, stallThreshold, isAgents, workers, warn: log.once });
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
/** What only the process has that leads its group, or is on its own. */
let loading: Promise<readonly NamedAdapter[]> | undefined;
let adapters: readonly NamedAdapter[] = [];
let pushing: Pushing | undefined;
let server: Endpoint | undefined;
let dashboard: Dashboard | undefined;
/** What the last `close` ends. */
let closing: Promise<void> = Promise.resolve();
let hasCompany = false;
/** Of the process that serves for this one. */
let leaderUrl: string | undefined;
let onOpened = () => {};
const opened = new Promise<void>((resolve) => {
  onOpened = resolve;
});
const group = createGroup(config, main, {
  self: { key: `${process.pid}.${startTime}`, pid: process.pid, resource },
  refresh: () => snapshots.refresh(),
  read: () => snapshots.own(),
  readHost: () => snapshots.ofHost(),
  prepare: () => {
    void closing.then(() => {
      loading ??= load();
    });
  },
  lead: async (basis, isTakeover) => {
    await closing;
    return open(basis, isTakeover ? PORT_LIMIT : 0);
  },
  reclaim: () => server?.reclaim(),
  follow: () => close(CLOSE_LIMIT, false),
  alone: async (serves) => {
    await open(new Map(), 0, serves);
  },
  onOpen: (url) => {
    leaderUrl = url;
    onOpened();
  },
  onCompany: () => {
    hasCompany = true;
    tell({ type: 'company' });
  },
  answer: (what) => (what === 'findings' ? findings.list() : listRequests(maps.living(), now())),
  openTrouble: (trouble) => {
    const finding = findings.open(findingOf(trouble, epochOf(now())));
    return () => finding.close(epochOf(now()));
  },
  warn: log.warn,
});
const shown = () => group?.snapshot() ?? snapshots.take();
const round = () => (pushing && !pushing.isEmpty ? pushing.push() : sampled.refresh());
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
const started = group ? group.start() : open(new Map(), 0);
// A failure here ends the thread, whatever the app's --unhandled-rejections says: who started it hears of it so.
started.then(ready).catch((error) => {
  process.nextTick(() => {
    throw error;
  });
});

async function ready(): Promise<void> {
  if (group?.role === 'member') await atMost(opened, OPEN_LIMIT);
  const url = group?.role === 'member' ? leaderUrl : server?.url;
  tell({ type: 'ready', url, flushes: hasCompany || pushing?.isEmpty === false });
}

/**
 * Loads the adapters, pushes and serves from now on; resolves with where. `bases`: what others delivered, by adapter;
 * undefined: nobody knows, although somebody did. `patience`: ms for which a port that is taken is tried. Never rejects.
 */
async function open(
  bases: ReadonlyMap<string, Snapshot> | undefined,
  patience: number,
  serves = true,
): Promise<string | undefined> {
  loading ??= load();
  adapters = await loading;
  const present = bases === undefined ? await shown() : undefined;
  const basisOf = (name: string) => {
    const [own, others] = [unpack(delivered.get(name)), bases?.get(name)];
    return (own && others && own.time > others.time ? own : (others ?? own)) ?? present;
  };
  pushing = new Pushing({
    adapters: adapters.filter(({ adapter }) => adapter.push !== undefined),
    interval: config.exportInterval,
    counts,
    log,
    snapshot: shown,
    basisOf,
    onDelivered: (adapter, basis) => {
      tell({ type: 'delivered', adapter, basis: pack(basis) });
      group?.delivered(adapter, basis);
    },
    onTaken: (time) => group?.taken(time),
  });
  if (serves) await listen(patience);
  return server?.url;
}

function load(): Promise<readonly NamedAdapter[]> {
  return loadAdapters({ config, main, contextOf, log });
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

/** By slot: what the other processes of the group answer. */
async function askOthers(what: string): Promise<Answers> {
  return (await group?.ask(what, ASK_LIMIT)) ?? new Map();
}

async function allFindings(): Promise<readonly Finding[]> {
  return findingsOfAll(findings.list(), group?.slot, await askOthers('findings'));
}

/** Serves what the pulling adapters have, if there is any. */
async function listen(patience: number): Promise<void> {
  const routes = Object.assign({}, ...adapters.map(({ adapter }) => adapter.routes ?? {}));
  if (Object.keys(routes).length === 0) return;
  const sight = () => group?.sight() ?? snapshots.sight();
  const board = new Dashboard({ sight, findings: allFindings, warn: log.once });
  dashboard = board;
  const guarded = {
    ...board.handlers,
    '/findings': jsonRoute(async () => ({ time: Math.round(epochOf(now())), findings: await allFindings() })),
    '/requests': jsonRoute(async () => {
      const others = await askOthers('requests');
      return requestsOfAll(listRequests(maps.living(), now()), group?.slot, others);
    }),
  };
  const about = () => ({ agent: 'loadline', service: config.serviceName, processes: group?.processes ?? 1 });
  const onServing = (at: string) => {
    ownPort = Number(new URL(at).port);
    group?.serves(at);
    board.start();
  };
  server = new Endpoint({ config, routes, guarded, about, log, patience, onServing });
  await server.open();
}

/** The app's thread is blocked until this is over, and ends the process then. */
async function flush({ metrics, done, limit }: Extract<ToReporter, { type: 'flush' }>): Promise<void> {
  for (const end of schedules) end();
  sampled.onFinal(metrics);
  // A process may end before it has found its place.
  await atMost(started, limit / 2);
  await pushing?.stop(hasCompany ? limit * PUSH_PART : limit);
  await group?.end(limit * (1 - PUSH_PART));
  Atomics.store(done, 0, 1);
  Atomics.notify(done, 0);
}

async function stop(): Promise<void> {
  for (const end of schedules) end();
  await close(hasCompany ? CLOSE_LIMIT * PUSH_PART : CLOSE_LIMIT, true);
  await group?.end(CLOSE_LIMIT * (1 - PUSH_PART));
  maps.close();
  process.exit(0);
}

function close(limit: number, delivers: boolean): Promise<void> {
  closing = end(limit, delivers);
  return closing;
}

/** Ends what `open` began, in `limit` ms; `delivers`: with a last push. The port is free at once. Never rejects. */
async function end(limit: number, delivers: boolean): Promise<void> {
  const signal = AbortSignal.timeout(limit);
  const ending = delivers ? pushing?.stop(limit) : undefined;
  const rest = adapters.filter(({ adapter }) => !delivers || adapter.push === undefined);
  pushing = undefined;
  dashboard?.close();
  dashboard = undefined;
  await Promise.allSettled([server?.close(), ending, ...rest.map(async ({ adapter }) => adapter.close?.(signal))]);
  server = undefined;
  adapters = [];
  loading = undefined;
}
