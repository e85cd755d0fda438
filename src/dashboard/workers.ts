/** Workers one by one: how busy each event loop is, what each process takes. Pure. */
import type { ProcessSight } from '../snapshot/sight.ts';
import { MAIN_WORKER, WORKER_ATTRIBUTE } from '../snapshot/worker.ts';
import type { Distribution } from './distribution.ts';
import type { WorkerRow } from './feed.ts';
import type { Interval, ProcessInterval } from './interval.ts';
import { both, type Filter, has, Lookup, OF_MAIN } from './lookup.ts';

/** What only an interval tells of a worker. */
export interface WorkerRates {
  /** Share of the interval in which its loop was busy. */
  readonly utilization: number | null;
  /** s, p99 of the interval. */
  readonly delay: number | null;
  /** Cores; of a thread null. */
  readonly cpu: number | null;
}

const TIME = 'nodejs.eventloop.time';
const UTILIZATION = 'nodejs.eventloop.utilization';
const DELAY = 'loadline.eventloop.delay';
const DELAY_P99 = 'nodejs.eventloop.delay.p99';
const STALL_AGE = 'loadline.eventloop.stall.age';
const ACTIVE = has('nodejs.eventloop.state', 'active');

/** By worker's label. */
export function ratesOf(interval: Interval, scratch: Distribution): Map<string, WorkerRates> {
  const rates = new Map<string, WorkerRates>();
  for (const each of interval.processes) {
    if (!isThere(each.process)) continue;
    for (const thread of threadsOf(each.now)) {
      rates.set(labelOf(each.process, thread), ratesOfThread(each, thread, interval.seconds, scratch));
    }
  }
  return rates;
}

/** Every process with its threads after it. `rates`: of the last interval. */
export function rowsOf(
  processes: readonly ProcessSight[],
  time: number,
  rates: ReadonlyMap<string, WorkerRates>,
): WorkerRow[] {
  return processes.flatMap((process) => {
    if (process.state === 'dead')
      return [{ ...NOTHING, ...identityOf(process), state: 'missing', since: process.since ?? null }];
    if (!isThere(process)) return [];
    const now = new Lookup(process.metrics);
    return threadsOf(now).map((thread) => rowOf(process, thread, now, time, rates));
  });
}

const NOTHING: Omit<WorkerRow, 'worker' | 'pid' | 'state' | 'since'> = {
  threadOf: null,
  utilization: null,
  delay: null,
  cpu: null,
  rss: null,
  heapUsed: null,
  heapLimit: null,
  inFlight: null,
  uptime: null,
};

function isThere({ state }: ProcessSight): boolean {
  return state === 'alive' || state === 'stale';
}

function identityOf(process: ProcessSight): Pick<WorkerRow, 'worker' | 'pid'> {
  return { worker: labelOf(process, undefined), pid: process.pid ?? null };
}

/** The main thread is undefined; the others have been seen in what is told of event loops. */
function threadsOf(now: Lookup): (string | undefined)[] {
  const names = new Set<string>();
  for (const { attributes } of now.points(STALL_AGE)) {
    const name = attributes[WORKER_ATTRIBUTE];
    if (name !== undefined && name !== MAIN_WORKER) names.add(String(name));
  }
  return [undefined, ...[...names].sort((a, b) => Number(a) - Number(b))];
}

function labelOf({ slot }: ProcessSight, thread: string | undefined): string {
  if (slot === undefined) return thread ?? MAIN_WORKER;
  return thread === undefined ? String(slot) : `${slot}.${thread}`;
}

function filterOf(thread: string | undefined): Filter {
  return thread === undefined ? OF_MAIN : has(WORKER_ATTRIBUTE, thread);
}

/** Where sums of several threads are not told apart, what is known of each of them is about the trailing minute. */
function ratesOfThread(
  { now, came }: ProcessInterval,
  thread: string | undefined,
  seconds: number,
  scratch: Distribution,
): WorkerRates {
  const filter = filterOf(thread);
  const isMixed =
    threadsOf(now).length > 1 && !now.points(TIME).some(({ attributes }) => WORKER_ATTRIBUTE in attributes);
  const cpu = thread === undefined ? (came?.sum('process.cpu.time') ?? null) : null;
  return {
    utilization: came && !isMixed ? busyShare(came, filter) : now.max(UTILIZATION, filter),
    delay: came && !isMixed ? delayOf(came, now, filter, scratch) : now.max(DELAY_P99, filter),
    cpu: cpu === null ? null : cpu / seconds,
  };
}

function busyShare(came: Lookup, filter: Filter): number | null {
  const all = came.sum(TIME, filter);
  const active = came.sum(TIME, both(ACTIVE, filter));
  return all === null || active === null || all <= 0 ? null : Math.min(1, active / all);
}

function delayOf(came: Lookup, now: Lookup, filter: Filter, scratch: Distribution): number | null {
  return scratch.clear().add(came.histograms(DELAY, filter), now.bounds(DELAY)).quantile(0.99);
}

function rowOf(
  process: ProcessSight,
  thread: string | undefined,
  now: Lookup,
  time: number,
  rates: ReadonlyMap<string, WorkerRates>,
): WorkerRow {
  const filter = filterOf(thread);
  const label = labelOf(process, thread);
  const { utilization = null, cpu = null } = rates.get(label) ?? {};
  const isMain = thread === undefined;
  const uptime = isMain ? now.max('process.uptime', filter) : null;
  return {
    ...NOTHING,
    ...stateOf(process, now.max(STALL_AGE, filter), uptime, time),
    worker: label,
    pid: process.pid ?? null,
    threadOf: isMain ? null : labelOf(process, undefined),
    utilization,
    cpu,
    delay: now.max(DELAY_P99, filter),
    rss: isMain ? now.sum('process.memory.usage', filter) : null,
    heapUsed: now.sum('v8js.memory.heap.used', filter),
    heapLimit: now.max('loadline.memory.limit', both(filter, has('limit', 'heap'))),
    inFlight: now.sum('http.server.active_requests', filter),
    uptime,
  };
}

function stateOf(
  process: ProcessSight,
  stalledFor: number | null,
  uptime: number | null,
  time: number,
): Pick<WorkerRow, 'state' | 'since'> {
  if (process.state === 'stale') return { state: 'stopped', since: process.since ?? null };
  if (stalledFor !== null && stalledFor > 0) return { state: 'stalled', since: Math.round(time - stalledFor * 1000) };
  return { state: 'running', since: uptime === null ? null : Math.round(time - uptime * 1000) };
}
