/** All that the dashboard knows: takes in one sight after the other and answers from memory. No I/O, no clock. */
import type { Sight } from '../snapshot/sight.ts';
import { Distribution } from './distribution.ts';
import type { History as HistoryAnswer, Now, SeriesList, Step, TrackId, TrackPoint } from './feed.ts';
import { History, rounded, STEP } from './history.ts';
import { type Interval, Intervals } from './interval.ts';
import { has, Lookup } from './lookup.ts';
import { byPlace, largest, putResources } from './resources.ts';
import { type Load, routeCosts } from './route-cost.ts';
import { type Costs, Routes } from './routes.ts';
import { Series } from './series.ts';
import { putTraffic } from './traffic.ts';
import { blockOf, type OpenProblem, verdictOf } from './verdict.ts';
import { type VitalsInput, vitalsOf } from './vitals.ts';
import { ratesOf, rowsOf, type WorkerRates } from './workers.ts';

/** Points that a vital looks back: half a minute, so that one burst is no verdict. */
const LOOK_BACK = 6;
/** Points from which costs are estimated, ten minutes, and after how many points they are estimated anew. */
const LOADS = 120;
const ESTIMATE_EVERY = 6;
/** Tracks of one answer. */
const ANSWER_LIMIT = 500;

export interface BoardOptions {
  /** What the machine has. */
  readonly cores: number;
  /** Of the agent. */
  readonly version: string;
  /** Of Node.js. */
  readonly node: string;
  /** Of the process that serves. */
  readonly pid: number;
  /** s */
  uptime(): number;
}

export class Board {
  readonly #options: BoardOptions;
  readonly #intervals = new Intervals();
  readonly #history = new History();
  readonly #routes = new Routes();
  readonly #series = new Series();
  readonly #scratch = new Distribution();
  #rates: ReadonlyMap<string, WorkerRates> = new Map();
  #loads: Load[] = [];
  #costs: Costs = new Map();
  /** Share of the periods in which the CPU quota was used up; null: there is none. */
  #throttled: number | null = null;
  #point: TrackPoint = { time: 0, values: {} };
  /** Made when it is asked for first: it changes with each interval only. */
  #table: ReturnType<Routes['rows']> | undefined;
  #begin = 0;
  #last = 0;

  constructor(options: BoardOptions) {
    this.#options = options;
  }

  get bytes(): number {
    return this.#history.bytes;
  }

  get tracks(): number {
    return this.#history.size;
  }

  /** Takes in a sight, one about every 5 s; the first one gives no point. `time`: ms, monotonic. */
  record(sight: Sight, time: number): TrackPoint | undefined {
    const interval = this.#intervals.next(sight);
    if (!interval) {
      if (this.#begin === 0) this.#begin = time;
      return undefined;
    }
    const number = Math.max(this.#last + 1, Math.round((time - this.#begin) / STEP));
    this.#last = number;
    this.#throttled = throttledShare(interval.came);
    const tracks = this.#commonTracks(interval);
    const common = [...tracks];
    this.#estimate(interval, this.#routes.record(tracks, interval, number, this.#scratch));
    this.#series.record(tracks, interval, number, this.#scratch);
    this.#history.record(number, sight.time, tracks);
    for (const id of this.#routes.dropped()) this.#history.forget(`route/${id}/`);
    for (const id of this.#series.dropped()) this.#history.forget(`series/${id}/`);
    this.#table = undefined;
    const values = common.map(([id, value]) => [id, value === null ? null : rounded(value)]);
    this.#point = { time: Math.round(sight.time), values: Object.fromEntries(values) };
    return this.#point;
  }

  history(step: Step, tracks: readonly string[] | undefined): HistoryAnswer {
    return this.#history.answer(step, wantedBy(tracks), ANSWER_LIMIT);
  }

  series(sight: Sight): SeriesList {
    return this.#series.list(sight);
  }

  /** `findings`: those that last. `time`: epoch ms; the sight may be a little older. */
  now(sight: Sight, findings: readonly OpenProblem[], time = sight.time): Now {
    const { resource } = sight;
    const present = new Lookup(sight.metrics);
    const workers = rowsOf(sight.processes, sight.time, this.#rates);
    const block = blockOf(workers, findings);
    const blocked = block ? Math.max(0, time - block.since) / 1000 : null;
    const vitals = vitalsOf({ ...this.#vitalsInput(present), blocked });
    this.#table ??= this.#routes.rows(this.#costs, this.#scratch);
    const { rows, leftOut } = this.#table;
    const { version, node, pid, uptime } = this.#options;
    const text = (key: string) => String(resource[key] ?? '');
    return {
      time: Math.round(time),
      service: text('service.name'),
      ...{ version, node, host: text('host.name'), pid, uptime: Math.round(uptime()) },
      verdict: verdictOf(vitals, workers, findings, time),
      vitals,
      traffic: this.#traffic(present),
      workers,
      routes: rows,
      routesLeftOut: leftOut,
      openFindings: findings.length,
    };
  }

  /** Follows what requests cost. */
  #estimate(interval: Interval, routes: Load['routes']): void {
    const active = interval.came.sum('nodejs.eventloop.time', has('nodejs.eventloop.state', 'active')) ?? 0;
    const utilization = largest([...this.#rates.values()].map((each) => each.utilization)) ?? 0;
    const load: Load = { seconds: interval.seconds, active, utilization, routes: shortOf(routes) };
    this.#loads = [...this.#loads, load].slice(-LOADS);
    if (this.#last % ESTIMATE_EVERY === 0) this.#costs = routeCosts(this.#loads);
  }

  #commonTracks(interval: Interval): Map<TrackId, number | null> {
    const tracks = new Map<TrackId, number | null>();
    this.#rates = ratesOf(interval, this.#scratch);
    putTraffic(tracks, interval, this.#scratch);
    putResources(tracks, interval, this.#rates, this.#options.cores, this.#scratch);
    for (const row of rowsOf(interval.sight.processes, interval.time, this.#rates)) {
      const { utilization, delay } = this.#rates.get(row.worker) ?? { utilization: null, delay: null };
      const { inFlight: inflight, rss, heapUsed: heap, cpu } = row;
      for (const [name, value] of Object.entries({ utilization, delay, inflight, rss, heap, cpu })) {
        tracks.set(`worker/${row.worker}/${name}`, value);
      }
    }
    return tracks;
  }

  #vitalsInput(present: Lookup): Omit<VitalsInput, 'blocked'> {
    return {
      recent: (track) => mean(this.#history.recent(track, LOOK_BACK)),
      throttled: this.#throttled,
      hasQuota: present.points('loadline.cpu.limit').length > 0,
      heapShare: heapShare(present),
      backlog: backlogOf(present),
    };
  }

  #traffic(present: Lookup): Now['traffic'] {
    const { values } = this.#point;
    const names = ['1xx', '2xx', '3xx', '4xx', '5xx', 'aborted'];
    const rates = names.map((name) => values[`requests/${name}`] ?? 0);
    return {
      rate: rounded(rates.reduce((sum, rate) => sum + rate, 0)),
      errors: values['requests/5xx'] ?? 0,
      inFlight: present.sum('http.server.active_requests') ?? 0,
      p50: values['duration/p50'] ?? null,
      p99: values['duration/p99'] ?? null,
      queueP99: values['queue/p99'] ?? null,
    };
  }
}

function wantedBy(tracks: readonly string[] | undefined): (id: TrackId) => boolean {
  if (tracks === undefined) return (id) => !id.startsWith('route/') && !id.startsWith('series/');
  const exact = new Set(tracks);
  const prefixes = tracks.filter((each) => each.endsWith('*')).map((each) => each.slice(0, -1));
  return (id) => exact.has(id) || prefixes.some((prefix) => id.startsWith(prefix));
}

function throttledShare(came: Lookup): number | null {
  const periods = came.sum('loadline.cpu.periods') ?? 0;
  return periods > 0 ? (came.sum('loadline.cpu.throttled.periods') ?? 0) / periods : null;
}

/** What is kept of it for minutes. */
function shortOf(routes: Load['routes']): Load['routes'] {
  return new Map([...routes].map(([id, { count, sum }]) => [id, { count, sum }]));
}

/** The fullest heap: what survives collections, or where none was seen yet what is used, against the limit. */
function heapShare(present: Lookup): number | null {
  const shares: number[] = [];
  const limits = present.points('loadline.memory.limit', has('limit', 'heap'));
  for (const { attributes, value } of limits) {
    const { limit: _, ...worker } = attributes;
    const key = JSON.stringify(worker);
    const live = present.points('loadline.memory.live_heap', (each) => JSON.stringify(each) === key)[0]?.value;
    if (typeof live === 'number' && typeof value === 'number' && value > 0) shares.push(live / value);
  }
  if (shares.length > 0) return Math.max(...shares);
  const [used, limit] = [
    present.sum('v8js.memory.heap.used'),
    present.sum('loadline.memory.limit', has('limit', 'heap')),
  ];
  return used === null || limit === null || limit <= 0 ? null : used / limit;
}

function backlogOf(present: Lookup): VitalsInput['backlog'] {
  const limits = byPlace(present, 'loadline.listen.limit');
  const all = [...byPlace(present, 'loadline.listen.queue')].flatMap(([place, queue]) => {
    const limit = limits.get(place);
    return limit === undefined ? [] : [{ queue, limit }];
  });
  return all.sort((a, b) => b.queue / b.limit - a.queue / a.limit)[0];
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}
