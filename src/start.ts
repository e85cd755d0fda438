/** The composition root of an app's thread: what is measured here, and who carries it out. */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { isMainThread } from 'node:worker_threads';
import { agentAfter } from './agent-after.ts';
import { startBridges } from './bridges.ts';
import { processStartTime } from './clock.ts';
import { type Config, type Options, parse } from './config.ts';
import { describe, reasonOf } from './errors.ts';
import { createLog, type Log } from './log.ts';
import { eventLoop } from './probes/event-loop.ts';
import { gc } from './probes/gc.ts';
import { Heartbeat } from './probes/heartbeat.ts';
import { httpServer } from './probes/http-server.ts';
import { inspector, inspectorTeller } from './probes/inspector.ts';
import { listenLimit } from './probes/listen-limit.ts';
import { memory } from './probes/memory.ts';
import type { Probe, ProbeContext } from './probes/probe.ts';
import { stackTeller } from './probes/stack.ts';
import { startup } from './probes/startup.ts';
import { followFastify, processState } from './process-state.ts';
import { Reporter } from './reporter/reporter.ts';
import { Collector } from './sampler/collect.ts';
import { samplerSet } from './sampler/sampler.ts';
import { sharedStore } from './shared-store.ts';
import type { Attributes } from './snapshot/metric.ts';
import type { Snapshot } from './snapshot/snapshot.ts';
import { HEADER } from './store/layout.ts';
import { StackArea } from './store/stack-area.ts';
import type { StoreWriter } from './store/writer.ts';
import { tellThreadEnds } from './thread-ends.ts';
import { agentSettings, kernelThread, tellThreads } from './thread-part.ts';
import { answerReporter } from './thread-samplers.ts';
import { VERSION } from './version.ts';

/** Everything that is measured on an app's thread. A new number is one file in `probes/` and one line here. */
export const PROBES: readonly Probe[] = [startup, inspector, httpServer, eventLoop, gc, memory, listenLimit];

/** ms that a snapshot may take beside the samplers' own deadline. */
const SNAPSHOT_LIMIT = 1000;

/** A running agent. */
export interface Agent {
  /**
   * Resolves with the URL of the agent's server once it serves; with undefined when it has none. Never rejects. The
   * process stays alive until then if this was read, and only then.
   */
  readonly ready: Promise<string | undefined>;
  /** Delivers what is pending and ends everything, within about two seconds. Never rejects. Idempotent. */
  stop(): Promise<void>;
  /**
   * What the agent shows now, without what samplers of this scope put; undefined when it has nothing to show or gives
   * no answer in time. For bridges: an agent of another copy of this package may not have it. Never rejects.
   */
  snapshot?(without: string): Promise<Snapshot | undefined>;
  /** What the agent does by itself when the process ends. For a preload that starts it only then. Never throws. */
  flush?(): void;
}

const STOPPED: Agent = { ready: Promise.resolve(undefined), stop: () => Promise.resolve() };

/**
 * Starts the agent in this thread, or returns the one that runs. While one is being stopped, the next starts when that
 * has ended. Never throws: what is wrong with the options is said on stderr, and defaults take their place.
 *
 * @example
 * import { start } from 'loadline';
 * start({ serviceName: 'shop' });
 */
export function start(options: Options = {}): Agent {
  return startWith(options, []);
}

/** Ends the agent of this thread, if one runs; resolves when it has ended. */
export async function stop(): Promise<void> {
  const { agent, ending } = processState();
  await (agent?.stop() ?? ending);
}

/** `servers`: those that listen already and that a probe may have missed. */
export function startWith(options: Options, servers: readonly unknown[]): Agent {
  const state = processState();
  const { config, problems } = settings(options);
  const log = createLog(config.log);
  if (state.agent) {
    const names = Object.keys(options ?? {});
    if (names.length > 0) log.warn(describe('ERR_LOADLINE_STARTED_TWICE', { options: names.join(', ') }));
    return state.agent;
  }
  state.disarm?.();
  for (const problem of problems) log.warn(problem);
  if (!config.enabled) return STOPPED;
  const begin = () => tryToRun(config, log, servers);
  state.agent = state.ending ? agentAfter(state.ending, begin, forget) : begin();
  return state.agent ?? STOPPED;
}

function forget(): void {
  processState().agent = undefined;
}

/** Undefined when it could not start, which is said. */
function tryToRun(config: Config, log: Log, servers: readonly unknown[]): Agent | undefined {
  try {
    startBridges(config.bridges, log);
    return run(config, log, servers);
  } catch (error) {
    log.warn(`the agent could not start (${reasonOf(error)}): the app runs on without metrics`);
    return undefined;
  }
}

/** A worker thread that is given no options of its own takes those of the agent that the main thread runs. */
function settings(options: Options): ReturnType<typeof parse> {
  const inherited = Object.keys(options ?? {}).length === 0 ? agentSettings() : undefined;
  return inherited && !isMainThread ? { config: inherited, problems: [] } : parse(options, process.env);
}

function run(config: Config, log: Log, servers: readonly unknown[]): Agent {
  const state = processState();
  followFastify();
  const store = sharedStore(config);
  const heartbeat = new Heartbeat(store.cells, log.once);
  const stops = startProbes({ store, heartbeat, servers, ...config, ...definer(store, config), warn: log.once }, log);
  heartbeat.start();
  stops.push(() => heartbeat.stop());
  if (kernelThread() === 0) stops.push(tellThreadEnds());
  // A worker thread's map is carried out by the main thread's reporter, since it was made.
  const carrier = isMainThread ? report(store, config, log) : STOPPED;
  if (!isMainThread) stops.push(answerReporter(collect(config, log), heartbeat));
  let stopped: Promise<void> | undefined;
  const end = () => {
    forget();
    for (const stopProbe of stops) stopProbe();
    state.ending = carrier.stop().then(() => {
      state.ending = undefined;
    });
    return state.ending;
  };
  return {
    get ready() {
      return carrier.ready;
    },
    stop: () => {
      stopped ??= end();
      return stopped;
    },
    snapshot: (without) => carrier.snapshot?.(without) ?? Promise.resolve(undefined),
    flush: () => carrier.flush?.(),
  };
}

/** The main thread's numbers are carried out by a reporter thread of its own. */
function report(store: StoreWriter, config: Config, log: Log): Agent {
  const collector = collect(config, log);
  const state = processState();
  state.threads ??= { maps: [], folds: 0 };
  state.delivered ??= new Map();
  const area = new StackArea();
  state.tellStack = stackTeller(area, () => store.cells[HEADER.beat]!, inspectorTeller(store.cells));
  const reporter = new Reporter({
    threads: state.threads,
    delivered: state.delivered,
    data: {
      ...{ config, resource: resourceOf(config), map: store.buffer, stackArea: area.buffer },
      ...{ main: process.argv[1], debugPort: process.debugPort },
    },
    log,
    collect: () => collector.collect(),
    collectNow: () => collector.collectNow(),
  });
  reporter.start();
  tellThreads(config);
  return {
    get ready() {
      return reporter.ready();
    },
    snapshot: (without) => reporter.snapshot(without, config.samplerTimeout + SNAPSHOT_LIMIT),
    flush: () => reporter.flush(),
    async stop() {
      tellThreads(undefined);
      await reporter.stop();
      state.tellStack = undefined;
      collector.close();
    },
  };
}

/** Asks the samplers of this thread. */
function collect(config: Config, log: Log): Collector {
  return new Collector({
    samplers: samplerSet(),
    timeout: config.samplerTimeout,
    seriesLimit: config.seriesLimit,
    processStart: processStartTime(),
    warn: (_code, line) => log.warn(line),
  });
}

function startProbes(context: ProbeContext, log: Log): (() => void)[] {
  const stops: (() => void)[] = [];
  for (const probe of PROBES) {
    try {
      stops.push(probe.start(context));
    } catch (error) {
      const params = { probe: probe.name, reason: reasonOf(error) };
      log.once(`probe:${probe.name}`, describe('ERR_LOADLINE_PROBE_UNSUPPORTED', params));
    }
  }
  return stops;
}

function definer(store: StoreWriter, config: Config): Pick<ProbeContext, 'define'> {
  return {
    define(metric, exponential) {
      const bounds = config.bounds[metric.name] ?? metric.bounds;
      return store.metric(bounds ? { ...metric, bounds } : metric, { name: 'loadline', version: VERSION }, exponential);
    },
  };
}

/** OpenTelemetry resource semantic conventions: what tells this process from every other one. */
function resourceOf(config: Config): Attributes {
  return {
    'service.name': config.serviceName,
    'service.instance.id': instanceId(),
    'host.name': hostname(),
    'process.pid': process.pid,
    'process.runtime.name': 'nodejs',
    'process.runtime.version': process.versions.node,
    'telemetry.distro.name': 'loadline',
    'telemetry.distro.version': VERSION,
    ...config.resource,
  };
}

/** A UUID. Linux has one at hand, while Node loads its cryptography for the first. */
function instanceId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/uuid', 'latin1').trim();
  } catch {
    return crypto.randomUUID();
  }
}
