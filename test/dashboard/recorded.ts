/** Processes that record into real maps, and what is seen of them. */
import { combine } from '../../src/group/combine.ts';
import type { Attributes, Metric, Scope } from '../../src/snapshot/metric.ts';
import { DURATION_BOUNDS } from '../../src/snapshot/metric.ts';
import type { ProcessSight, Sight } from '../../src/snapshot/sight.ts';
import type { MetricSnapshot } from '../../src/snapshot/snapshot.ts';
import { StoreReader } from '../../src/store/reader.ts';
import { type MetricWriter, StoreWriter } from '../../src/store/writer.ts';

/** Epoch ms at which the test's service starts. */
export const BEGIN = 1_700_000_000_000;

const KINDS: Readonly<Record<string, Metric['kind']>> = {
  'http.server.request.duration': 'histogram',
  'loadline.http.queue.duration': 'histogram',
  'loadline.http.phase.duration': 'histogram',
  'loadline.eventloop.delay': 'histogram',
  'loadline.threadpool.delay': 'histogram',
  'v8js.gc.duration': 'histogram',
  'http.server.active_requests': 'updown',
  'process.memory.usage': 'updown',
  'v8js.memory.heap.used': 'updown',
  'nodejs.eventloop.time': 'counter',
  'process.cpu.time': 'counter',
  'loadline.thread.cpu.time': 'counter',
  'loadline.cpu.periods': 'counter',
  'loadline.cpu.throttled.periods': 'counter',
};
/** Of them, those without exponential buckets. */
const COARSE = ['loadline.http.phase.duration', 'loadline.threadpool.delay', 'v8js.gc.duration'];
const OWN: Scope = { name: 'loadline' };

export interface ProcessOptions {
  /** Epoch ms. Default: `BEGIN`. */
  readonly startTime?: number;
  readonly slot?: number;
  readonly pid?: number;
}

export class Recorded {
  readonly #options: Required<Omit<ProcessOptions, 'slot'>> & ProcessOptions;
  readonly #store: StoreWriter;
  readonly #reader: StoreReader;
  state: ProcessSight['state'] = 'alive';
  since: number | undefined;
  earlier: readonly MetricSnapshot[] = [];
  /** What samplers said. */
  sampled: readonly MetricSnapshot[] = [];

  constructor(options: ProcessOptions = {}) {
    this.#options = { startTime: BEGIN, pid: 100 + (options.slot ?? 0), ...options };
    this.#store = new StoreWriter({ startTime: this.#options.startTime, seriesLimit: 2000 });
    this.#reader = new StoreReader(this.#store.buffer);
  }

  /** Values of a histogram. */
  record(name: string, attributes: Attributes, ...values: readonly number[]): this {
    const writer = this.#writer(name, OWN);
    for (const value of values) writer.record(writer.series(attributes), value);
    return this;
  }

  /** `count` requests that took so long. */
  requests(count: number, seconds: number, attributes: Attributes = {}): this {
    const all = { 'http.request.method': 'GET', 'http.response.status_code': 200, ...attributes };
    return this.record('http.server.request.duration', all, ...Array.from({ length: count }, () => seconds));
  }

  add(name: string, by: number, attributes: Attributes = {}, scope = OWN): this {
    const writer = this.#writer(name, scope);
    this.#store.cells[writer.series(attributes)]! += by;
    return this;
  }

  set(name: string, value: number, attributes: Attributes = {}, scope = OWN): this {
    const writer = this.#writer(name, scope);
    this.#store.cells[writer.series(attributes)] = value;
    return this;
  }

  metrics(): MetricSnapshot[] {
    return [...this.#reader.metrics(), ...this.sampled];
  }

  process(): ProcessSight {
    const { slot, pid, startTime } = this.#options;
    const { state, since, earlier } = this;
    const key = slot === undefined ? '' : `${pid}.${startTime}`;
    return { slot, key, pid, state, since, metrics: this.metrics(), earlier };
  }

  #writer(name: string, scope: Scope): MetricWriter {
    const kind = KINDS[name] ?? (name.endsWith('.count') ? 'counter' : 'gauge');
    const bounds = kind === 'histogram' ? { bounds: DURATION_BOUNDS } : {};
    return this.#store.metric({ name, kind, ...bounds }, scope, kind === 'histogram' && !COARSE.includes(name));
  }
}

/** What is seen `seconds` after the beginning. */
export function sight(seconds: number, processes: readonly Recorded[], aggregate: 'sum' | 'worker' = 'sum'): Sight {
  const all = processes.map((each) => each.process());
  const resource = { 'service.name': 'shop', 'host.name': 'here' };
  const isAlone = all.length === 1 && all[0]!.slot === undefined;
  const shown = all.map(({ slot, metrics, earlier }) => ({ number: slot!, live: metrics, over: false, base: earlier }));
  const metrics = isAlone ? all[0]!.metrics : combine(shown, aggregate);
  return { time: BEGIN + seconds * 1000, resource, metrics, processes: all };
}
