/** Where an adapter meets its backend: one of each per check, snapshots in short form, a clock of its own. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Check, Level } from '../../conformance/finding.ts';
import type { Attributes, Metric } from '../../snapshot/metric.ts';
import type { HistogramPoint, MetricSnapshot, Snapshot } from '../../snapshot/snapshot.ts';
import type { Adapter, AdapterFactory, Outcome } from '../adapter.ts';
import { misshape } from '../adapters.ts';
import { Pusher } from '../push.ts';
import { createReporterServer, type ReporterServer } from '../server.ts';
import type { AdapterCheckOptions, Backend, Received } from './backend.ts';

export interface AdapterCheck extends Check {
  /** The offence in one sentence, or nothing. A throw is an offence, too. */
  run(lab: Lab): Promise<string | undefined>;
  /** Left out where the adapter or its backend has no such thing. Default: for all. */
  fits?(lab: Lab): boolean;
}

export function check(
  section: string,
  name: string,
  run: AdapterCheck['run'],
  fits?: AdapterCheck['fits'],
  level: Level = 'MUST',
): AdapterCheck {
  return { section, level, check: name, run, fits };
}

export const COUNTER: Metric = { name: 'conformance.events', kind: 'counter', unit: '{event}' };
export const UPDOWN: Metric = { name: 'conformance.open', kind: 'updown' };
export const GAUGE: Metric = { name: 'conformance.level', kind: 'gauge' };
export const HISTOGRAM: Metric = { name: 'conformance.duration', kind: 'histogram', unit: 's', bounds: [0.1, 1] };

/** ms on top of its deadline in which the adapter has to settle. */
const GRACE = 2000;
/** ms that making an adapter may take, as in an app. */
const MAKE_LIMIT = 5000;
/** ms between two pushes, on the lab's clock. */
const STEP = 10_000;
const LOOK = 20;

export type Value = number | HistogramPoint;
/** A series of a metric; the start time is that of the lab unless given. */
export type Entry = readonly [metric: Metric, value: Value, attributes?: Attributes];

export class Lab {
  readonly backend: Backend;
  readonly options: AdapterCheckOptions;
  readonly timeout: number;
  readonly grace: number;
  readonly counts: Record<Outcome, number> = { sent: 0, failed: 0, dropped: 0, unknown: 0, spooled: 0 };
  /** Why pushes failed. */
  readonly failures: string[] = [];
  adapter!: Adapter;
  /** A call of `close` that did not settle. */
  #isStuck = false;
  /** Epoch ms that values count from. */
  startTime: number;
  #time: number;
  #shown: Snapshot;
  #pusher: Pusher | undefined;
  #server: ReporterServer | undefined;
  #served = '';

  private constructor(options: AdapterCheckOptions, backend: Backend) {
    this.options = options;
    this.backend = backend;
    this.timeout = options.timeout ?? 1000;
    this.grace = options.grace ?? GRACE;
    this.startTime = (Math.floor(Date.now() / STEP) - 1000) * STEP;
    this.#time = this.startTime;
    this.#shown = this.#snapshot([]);
  }

  /** Rejects, with nothing left open, when the adapter cannot be made. */
  static async open(options: AdapterCheckOptions): Promise<Lab> {
    const lab = new Lab(options, await options.start());
    try {
      await lab.startAdapter();
      return lab;
    } catch (error) {
      await lab.close();
      throw error;
    }
  }

  get pushes(): boolean {
    return this.adapter.push !== undefined;
  }

  /** How the backend shows counters. */
  get counters(): 'total' | 'interval' {
    return this.options.carries?.counters ?? (this.adapter.wants?.temporality === 'delta' ? 'interval' : 'total');
  }

  /** A new adapter on the same backend, as after a restart of the process. */
  async startAdapter(): Promise<void> {
    const adapter = await this.#make();
    const problem = misshape(adapter);
    if (problem !== undefined) throw new Error(problem);
    this.adapter = adapter;
    this.#pusher = adapter.push && this.#pusherOf(adapter);
    await this.#serve();
  }

  /** The next snapshot: pushed where the adapter pushes, there to be pulled where it does not. */
  async show(entries: readonly Entry[]): Promise<void> {
    this.#time += STEP;
    this.#shown = this.#snapshot(entries);
    const pushed = (this.#pusher?.push(this.#shown) ?? Promise.resolve()).then(() => true);
    const settled = await within(pushed, this.timeout + this.grace, false);
    if (!settled) throw new Error(`push did not settle ${this.grace} ms after its signal aborted`);
  }

  received(): Promise<readonly Received[]> {
    return this.backend.received(this.#served);
  }

  /** What the backend shows of a series: the last value, or for counters that arrive by interval their sum. */
  async value(metric: Metric, attributes: Attributes = {}): Promise<Received['value'] | undefined> {
    const found = await this.seriesOf(metric, attributes);
    if (found.length === 0) return undefined;
    const adds = this.counters === 'interval' && (metric.kind === 'counter' || metric.kind === 'histogram');
    return adds ? found.map(({ value }) => value).reduce(addUp) : found.at(-1)!.value;
  }

  async seriesOf(metric: Metric, attributes: Attributes = {}): Promise<Received[]> {
    const { nameOf = ({ name }) => name, keyOf = (key) => key } = this.options;
    const name = nameOf(metric);
    const wanted = Object.entries(attributes).map(([key, value]) => [keyOf(key), String(value)] as const);
    return (await this.received()).filter(
      (point) => point.name === name && wanted.every(([key, value]) => point.attributes[key] === value),
    );
  }

  /** Whether a series comes to have that value; the offence if it does not in time. */
  async expect(metric: Metric, wanted: Received['value'], attributes: Attributes = {}): Promise<string | undefined> {
    return this.until(async () => {
      const value = await this.value(metric, attributes);
      const same = value !== undefined && isSame(value, wanted);
      return same ? undefined : `${metric.name}${shown(attributes)} is ${shown(value)} instead of ${shown(wanted)}`;
    });
  }

  /** Asks again until there is no offence, at most as long as patience lasts. */
  async until(offence: () => Promise<string | undefined>, patience = this.options.patience ?? 5000) {
    const end = performance.now() + patience;
    let found = await offence();
    while (found !== undefined && performance.now() < end) {
      await sleep(LOOK);
      found = await offence();
    }
    return found;
  }

  /** Ends the adapter with that deadline; false when it did not settle in time after it. Rejects as `close` does. */
  async closeAdapter(limit = this.timeout): Promise<boolean> {
    const closed = Promise.resolve(this.adapter.close?.(AbortSignal.timeout(limit))).then(() => true);
    const isClosed = await within(closed, limit + this.grace, false);
    this.#isStuck = !isClosed;
    return isClosed;
  }

  /** Ends everything, whatever state it is in. Rejects as the backend's own `close` does, and not otherwise. */
  async close(): Promise<void> {
    const isOpen = this.adapter !== undefined && !this.#isStuck;
    await Promise.allSettled([this.#server?.close(), isOpen && this.closeAdapter()]);
    await this.backend.close();
  }

  /** Rejects as the factory does, and when it is late; an adapter that comes all the same is closed. */
  async #make(): Promise<Adapter> {
    const make = async () =>
      (this.options.factory as AdapterFactory)(structuredClone(this.backend.options), {
        interval: this.timeout,
        snapshot: async () => this.#shown,
        count: (outcome, points) => {
          this.counts[outcome] += points;
        },
        log() {},
      });
    const made = make();
    const adapter = await within(made, MAKE_LIMIT, 'late' as const);
    if (adapter !== 'late') return adapter;
    void made.then((late) => late.close?.(AbortSignal.abort())).catch(() => undefined);
    throw new Error(`its factory took longer than ${MAKE_LIMIT} ms`);
  }

  #pusherOf(adapter: Adapter): Pusher {
    return new Pusher({
      adapter,
      interval: this.timeout,
      count: (outcome, points) => {
        this.counts[outcome] += points;
      },
      onFailure: (reason) => this.failures.push(reason),
    });
  }

  async #serve(): Promise<void> {
    await this.#server?.close();
    if (this.adapter.routes === undefined) return;
    const log = (line: string) => this.failures.push(line);
    this.#server = createReporterServer({ host: '127.0.0.1', port: 0, routes: this.adapter.routes, log });
    this.#served = (await this.#server.listen()).url;
  }

  #snapshot(entries: readonly Entry[]): Snapshot {
    const byMetric = new Map<Metric, MetricSnapshot & { points: MetricSnapshot['points'][number][] }>();
    for (const [metric, value, attributes = {}] of entries) {
      const one = byMetric.get(metric) ?? { metric, scope: { name: 'conformance', version: '1.0.0' }, points: [] };
      byMetric.set(metric, one);
      one.points.push({ attributes, startTime: this.startTime, value });
    }
    const resource = { 'service.name': 'conformance', 'service.instance.id': 'one', 'host.name': 'lab' };
    return { time: this.#time, resource, metrics: [...byMetric.values()] };
  }
}

/** What `work` gives, or `late` when that takes longer than `limit` ms. */
async function within<T, L>(work: Promise<T>, limit: number, late: L): Promise<T | L> {
  const over = new AbortController();
  try {
    return await Promise.race([work, sleep(limit, late, { signal: over.signal })]);
  } finally {
    over.abort();
  }
}

function addUp(a: Received['value'], b: Received['value']): Received['value'] {
  if (typeof a === 'number' || typeof b === 'number') return Number(a) + Number(b);
  return { count: a.count + b.count, sum: a.sum + b.sum };
}

/** Sums of floats that came in parts may differ in the last digits. */
function isSame(a: Received['value'], b: Received['value']): boolean {
  if (typeof a === 'number' || typeof b === 'number') return isClose(Number(a), Number(b));
  return a.count === b.count && isClose(a.sum, b.sum);
}

function isClose(a: number, b: number): boolean {
  return a === b || Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b));
}

function shown(value: unknown): string {
  return value === undefined ? 'absent' : (JSON.stringify(value) ?? String(value)).slice(0, 200);
}
