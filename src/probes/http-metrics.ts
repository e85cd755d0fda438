/** The numbers of HTTP servers: which series a request counts in, found without building a string. */

import type { Attributes, Metric } from '../snapshot/metric.ts';
import { DURATION_BOUNDS } from '../snapshot/metric.ts';
import { HEADER, METHODS } from '../store/layout.ts';
import type { MetricWriter } from '../store/writer.ts';
import type { ProbeContext } from './probe.ts';
import { ABSURD, INVALID, parseQueueStart, SKEWED } from './queue-time.ts';
import type { RequestRecord } from './request-record.ts';

const DURATION: Metric = {
  name: 'http.server.request.duration',
  kind: 'histogram',
  unit: 's',
  help: 'Duration of HTTP server requests.',
  bounds: DURATION_BOUNDS,
};
const ACTIVE: Metric = {
  name: 'http.server.active_requests',
  kind: 'updown',
  unit: '{request}',
  help: 'Number of active HTTP server requests.',
};
const QUEUE: Metric = {
  name: 'loadline.http.queue.duration',
  kind: 'histogram',
  unit: 's',
  help: 'Time from the front end’s X-Request-Start until the request reached the app’s thread.',
  bounds: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
};
const DISCARDED: Metric = {
  name: 'loadline.http.queue.discarded',
  kind: 'counter',
  unit: '{request}',
  help: 'Requests whose X-Request-Start was not usable: invalid, skewed (future) or absurd (over 10 min old).',
};
const PHASE: Metric = {
  name: 'loadline.http.phase.duration',
  kind: 'histogram',
  unit: 's',
  help: 'Where requests spend their time: receive (body), handle, send (until the kernel has the last byte).',
  bounds: DURATION_BOUNDS,
};
const ABORTED: Metric = {
  name: 'loadline.http.aborted',
  kind: 'counter',
  unit: '{request}',
  help: 'Requests whose client left before the response was out.',
};

export const HTTP_METRICS: readonly Metric[] = [DURATION, ACTIVE, QUEUE, DISCARDED, PHASE, ABORTED];

const METHOD_INDEX = new Map<string, number>(METHODS.map((method, index) => [method, index]));

const GET = METHOD_INDEX.get('GET')!;

/** Index into METHODS; 0 for methods that are not told apart. */
export function methodIndex(method: string | undefined): number {
  if (method === 'GET') return GET;
  return METHOD_INDEX.get(method as string) ?? 0;
}

/** `network.protocol.version` by the index that a record keeps. */
export const PROTOCOLS = ['1.0', '1.1', '2'] as const;
const SCHEMES = ['http', 'https'] as const;
/** Routes that are remembered with their series; a `setRoute` of something unbounded lands in the overflow series. */
const MAX_ROUTES = 2000;

/** The series of one route. -1: not asked for yet. */
interface RouteSeries {
  readonly route: string | undefined;
  /** By status code, method, protocol, scheme and outcome, packed into one integer. */
  readonly durations: Map<number, number>;
  /** The last of them: most requests of a route are alike, and a `Map` is three places in memory. */
  lastKey: number;
  lastDuration: number;
  receive: number;
  handle: number;
  send: number;
  aborted: number;
}

export class HttpMetrics {
  readonly #cells: Float64Array;
  readonly #duration: MetricWriter;
  readonly #active: MetricWriter;
  readonly #phase: MetricWriter;
  readonly #aborted: MetricWriter;
  readonly #queue: MetricWriter;
  readonly #queueSeries: number;
  readonly #discarded: ReadonlyMap<number, number>;
  readonly #activeSeries = new Int32Array(METHODS.length * SCHEMES.length).fill(-1);
  readonly #routes = new Map<string | undefined, RouteSeries>();
  /** The one that was asked for last: many apps have one busy route, and those without a framework have none. */
  #lastRoute: RouteSeries;

  constructor({ store, define }: ProbeContext) {
    this.#cells = store.cells;
    this.#duration = define(DURATION, true);
    this.#active = define(ACTIVE);
    this.#phase = define(PHASE);
    this.#aborted = define(ABORTED);
    this.#queue = define(QUEUE, true);
    this.#queueSeries = this.#queue.series({});
    const discarded = define(DISCARDED);
    this.#discarded = new Map([
      [INVALID, discarded.series({ reason: 'invalid' })],
      [SKEWED, discarded.series({ reason: 'skewed' })],
      [ABSURD, discarded.series({ reason: 'absurd' })],
    ]);
    this.#lastRoute = this.#makeRoute(undefined);
  }

  /** A request arrived: active and busy from now on. */
  begin(record: RequestRecord): void {
    this.#cells[this.#activeOf(record)]! += 1;
    this.#busy(record.start, 1);
  }

  /** `header`: the front end's time as it was sent; `epoch`: ms at which the request reached this thread. */
  queued(header: string, epoch: number): void {
    const seconds = parseQueueStart(header, epoch);
    if (seconds >= 0) this.#queue.record(this.#queueSeries, seconds);
    else this.#cells[this.#discarded.get(seconds)!]! += 1;
  }

  /** The request goes on as an event stream: open, but no longer work in progress. */
  detach(record: RequestRecord, time: number): void {
    record.detached = time;
    this.#busy(time, -1);
  }

  /** The request is over. `status` 0: no response; `recorded` false: its route is one to ignore. */
  end(record: RequestRecord, time: number, status: number, route: string | undefined, recorded: boolean): void {
    this.#cells[this.#activeOf(record)]! -= 1;
    if (record.detached === 0) this.#busy(time, -1);
    if (!recorded) return;
    const series = this.#routeSeries(route);
    const end = record.detached || time;
    this.#duration.record(this.#durationOf(series, record, status), (end - record.start) / 1e3);
    if (record.aborted) this.#cells[this.#abortedOf(series)]! += 1;
    this.#phases(series, record, end);
  }

  #phases(series: RouteSeries, record: RequestRecord, end: number): void {
    const handleFrom = record.received || record.start;
    const handleTo = Math.max(handleFrom, Math.min(end, record.handled || end));
    if (record.received > 0) {
      if (series.receive < 0) series.receive = this.#phaseSeries(series.route, 'receive');
      this.#phase.record(series.receive, (record.received - record.start) / 1e3);
    }
    if (series.handle < 0) series.handle = this.#phaseSeries(series.route, 'handle');
    this.#phase.record(series.handle, (handleTo - handleFrom) / 1e3);
    if (record.handled === 0) return;
    if (series.send < 0) series.send = this.#phaseSeries(series.route, 'send');
    this.#phase.record(series.send, Math.max(0, end - record.handled) / 1e3);
  }

  #busy(time: number, change: 1 | -1): void {
    const cells = this.#cells;
    cells[HEADER.busyBegin] = time;
    cells[HEADER.busyTime]! += cells[HEADER.busyNow]! * (time - cells[HEADER.busyAt]!);
    cells[HEADER.busyNow]! += change;
    cells[HEADER.busyAt] = time;
  }

  #activeOf({ method, scheme }: RequestRecord): number {
    const index = method * SCHEMES.length + scheme;
    const known = this.#activeSeries[index]!;
    if (known >= 0) return known;
    const attributes = { 'http.request.method': METHODS[method]!, 'url.scheme': SCHEMES[scheme]! };
    this.#activeSeries[index] = this.#active.series(attributes);
    return this.#activeSeries[index]!;
  }

  #routeSeries(route: string | undefined): RouteSeries {
    if (route !== this.#lastRoute.route) this.#lastRoute = this.#routes.get(route) ?? this.#makeRoute(route);
    return this.#lastRoute;
  }

  #makeRoute(route: string | undefined): RouteSeries {
    const fresh: RouteSeries = {
      route,
      durations: new Map(),
      lastKey: -1,
      lastDuration: -1,
      receive: -1,
      handle: -1,
      send: -1,
      aborted: -1,
    };
    if (this.#routes.size < MAX_ROUTES) this.#routes.set(route, fresh);
    return fresh;
  }

  #durationOf(series: RouteSeries, record: RequestRecord, status: number): number {
    const { method, scheme, protocol, aborted } = record;
    const key = status | (method << 10) | (scheme << 14) | (protocol << 15) | (aborted ? 1 << 17 : 0);
    if (key !== series.lastKey) {
      series.lastDuration = series.durations.get(key) ?? this.#makeDuration(series, key, record, status);
      series.lastKey = key;
    }
    return series.lastDuration;
  }

  #makeDuration(series: RouteSeries, key: number, record: RequestRecord, status: number): number {
    const { method, scheme, protocol, aborted } = record;
    const attributes: Record<string, string | number> = {
      'http.request.method': METHODS[method]!,
      'url.scheme': SCHEMES[scheme]!,
      'network.protocol.version': PROTOCOLS[protocol]!,
    };
    if (series.route !== undefined) attributes['http.route'] = series.route;
    if (aborted) attributes['error.type'] = 'aborted';
    else if (status > 0) attributes['http.response.status_code'] = status;
    if (!aborted && status >= 500) attributes['error.type'] = String(status);
    const at = this.#duration.series(attributes);
    series.durations.set(key, at);
    return at;
  }

  #abortedOf(series: RouteSeries): number {
    if (series.aborted < 0) series.aborted = this.#aborted.series(withRoute(series.route, {}));
    return series.aborted;
  }

  #phaseSeries(route: string | undefined, phase: string): number {
    return this.#phase.series(withRoute(route, { phase }));
  }
}

function withRoute(route: string | undefined, attributes: Attributes): Attributes {
  return route === undefined ? attributes : { 'http.route': route, ...attributes };
}
