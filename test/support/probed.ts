/** The HTTP probes on a fresh map, in this process, with their numbers at hand. One at a time: tests run serially. */
import { setTimeout as sleep } from 'node:timers/promises';
import { now } from '../../src/clock.ts';
import { Heartbeat } from '../../src/probes/heartbeat.ts';
import { httpServer } from '../../src/probes/http-server.ts';
import type { ProbeContext } from '../../src/probes/probe.ts';
import type { Attributes } from '../../src/snapshot/metric.ts';
import { countOf, type Point } from '../../src/snapshot/snapshot.ts';
import { HEADER, SLOTS } from '../../src/store/layout.ts';
import { StoreReader } from '../../src/store/reader.ts';
import { StoreWriter } from '../../src/store/writer.ts';

export interface ProbedOptions extends Partial<Pick<ProbeContext, 'queueHeaders' | 'ignoreRoutes' | 'servers'>> {
  readonly store?: StoreWriter;
  readonly bounds?: { readonly [metric: string]: readonly number[] };
}

export class Probed {
  readonly store: StoreWriter;
  readonly reader: StoreReader;
  /** What the probes complained of: empty in every test that does not say otherwise. */
  readonly warnings: string[] = [];
  readonly #heartbeat: Heartbeat;
  readonly #stopProbe: () => void;

  constructor({ store = new StoreWriter(), bounds = {}, ...settings }: ProbedOptions = {}) {
    this.store = store;
    this.reader = new StoreReader(store.buffer);
    this.#heartbeat = new Heartbeat(store.cells);
    this.#stopProbe = httpServer.start({
      store,
      heartbeat: this.#heartbeat,
      queueHeaders: ['x-request-start', 'x-queue-start'],
      ignoreRoutes: [],
      servers: [],
      stallThreshold: 500,
      ...settings,
      define: (metric, exponential) =>
        store.metric({ ...metric, bounds: bounds[metric.name] ?? metric.bounds }, { name: 'loadline' }, exponential),
      warn: (key, line) => this.warnings.push(`${key}: ${line}`),
    });
    this.#heartbeat.start();
  }

  stop(): void {
    this.#stopProbe();
    this.#heartbeat.stop();
  }

  /** The series of a metric whose attributes include `match`. */
  points(name: string, match: Attributes = {}): readonly Point[] {
    const found = this.reader.metrics().find(({ metric }) => metric.name === name);
    const matches = ({ attributes }: Point) => Object.keys(match).every((key) => attributes[key] === match[key]);
    return (found?.points ?? []).filter(matches);
  }

  /** The sum of those series: their values, or the counts of their histograms. */
  total(name: string, match: Attributes = {}): number {
    const numbers = this.points(name, match).map(({ value }) => (typeof value === 'number' ? value : countOf(value)));
    return numbers.reduce((a, b) => a + b, 0);
  }

  /** What the histograms of those series add up to, in seconds. */
  seconds(name: string, match: Attributes = {}): number {
    const sums = this.points(name, match).map(({ value }) => (typeof value === 'number' ? Number.NaN : value.sum));
    return sums.reduce((a, b) => a + b, 0);
  }

  /** Requests in progress, as the busy integral sees them. */
  get inProgress(): number {
    return this.store.cells[HEADER.busyNow]!;
  }

  get active(): number {
    return this.total('http.server.active_requests');
  }

  /** Integral of requests in progress until now, in request-seconds. */
  get busySeconds(): number {
    return this.reader.busySeconds(now());
  }

  /** Slots that are free, of all. */
  get freeSlots(): number {
    return SLOTS - this.reader.inFlight().length;
  }

  /** Waits until `isSo`, at most `limit` ms; returns whether it became so. */
  async until(isSo: () => boolean, limit = 10_000): Promise<boolean> {
    for (const end = now() + limit; !isSo() && now() < end; ) await sleep(5);
    return isSo();
  }

  /** Waits until no request is active. */
  idle(limit?: number): Promise<boolean> {
    return this.until(() => this.active === 0, limit);
  }
}
