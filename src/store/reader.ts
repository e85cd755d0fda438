/** The reading side of a map: follows its log and copies its cells. Any number may read one map. */
import type { Attributes, Metric } from '../snapshot/metric.ts';
import type { ExponentialBuckets, HistogramPoint, MetricSnapshot, Point } from '../snapshot/snapshot.ts';
import { BUCKETS, EXPONENTIAL_CELLS, OFFSET, SCALE, ZERO_THRESHOLD } from './buckets.ts';
import {
  exponentialStart,
  HEADER,
  HISTOGRAM_COUNTS,
  HISTOGRAM_SUM,
  LAYOUT_VERSION,
  LOG_AT,
  LOG_BYTES,
  type LogEntry,
  MAP_BYTES,
  METHODS,
  type MetricEntry,
  PHASES,
  SLOT_BYTES,
  SLOT_METHOD,
  SLOT_PHASE,
  SLOT_ROUTE_AT,
  SLOT_ROUTE_BYTES,
  SLOT_ROUTE_LENGTH,
  SLOT_TEXT_AT,
  SLOT_TEXT_BYTES,
  SLOT_TEXT_LENGTH,
  SLOTS,
  SLOTS_AT,
} from './layout.ts';

interface Series {
  readonly at: number;
  readonly attributes: Attributes;
}

interface ReadMetric {
  readonly entry: MetricEntry;
  readonly metric: Metric;
  readonly series: Series[];
}

/** What a request in flight is at. */
export type Phase = (typeof PHASES)[number];

/** One request in flight. With `slot`, `start` tells it from every other one of its map. */
export interface InFlight {
  readonly slot: number;
  /** ms on the monotonic clock. */
  readonly start: number;
  readonly method: string;
  /** As it was sent, a character for each byte, cut at 118 of them; without query, fragment and authority. */
  readonly path: string;
  /** Cut at 126 bytes of UTF-8. Undefined: not known, or not yet. */
  readonly route: string | undefined;
  readonly phase: Phase;
}

/** @throws RangeError when the buffer is no map, or a map of another layout version. */
export class StoreReader {
  readonly cells: Float64Array<SharedArrayBuffer>;
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #bytes: Buffer;
  readonly #metrics = new Map<number, ReadMetric>();
  #logRead = 0;
  #busySeen = 0;

  constructor(buffer: SharedArrayBuffer) {
    if (!(buffer instanceof SharedArrayBuffer) || buffer.byteLength !== MAP_BYTES) {
      throw new RangeError(`no map: a map is a SharedArrayBuffer of ${MAP_BYTES} bytes`);
    }
    this.cells = new Float64Array(buffer);
    this.#words = new Int32Array(buffer);
    this.#bytes = Buffer.from(buffer);
    const version = this.cells[HEADER.version];
    if (version !== LAYOUT_VERSION) {
      throw new RangeError(`a map of layout ${version}; this copy of loadline reads layout ${LAYOUT_VERSION}`);
    }
  }

  /** One header word. */
  header(word: keyof typeof HEADER): number {
    return this.cells[HEADER[word]]!;
  }

  /** Writes one of the words that are the reporter's; nothing else of a map is ever written by a reader. */
  note(word: keyof typeof HEADER, value: number): void {
    this.cells[HEADER[word]] = value;
  }

  /** Every metric that has a series, cumulative since the map was made. */
  metrics(): MetricSnapshot[] {
    this.#readLog();
    const startTime = this.header('startTime');
    const snapshots: MetricSnapshot[] = [];
    for (const { entry, metric, series } of this.#metrics.values()) {
      const points: Point[] = [];
      for (const { at, attributes } of series) {
        const value = metric.kind === 'histogram' ? this.#histogram(entry, at) : this.cells[at]!;
        if (!Number.isNaN(value)) points.push({ attributes, startTime, value });
      }
      if (points.length > 0) snapshots.push({ metric, scope: entry.scope, points });
    }
    return snapshots;
  }

  /** Names of the metrics whose overflow series is in use. */
  overflowing(): string[] {
    this.#readLog();
    const overflows = ({ attributes }: Series) => 'otel.metric.overflow' in attributes;
    return [...this.#metrics.values()].filter(({ series }) => series.some(overflows)).map(({ metric }) => metric.name);
  }

  /** The exponential cells of one series, copied; undefined while that series does not exist. */
  exponentialCells(name: string): Float64Array | undefined {
    this.#readLog();
    const found = [...this.#metrics.values()].find(({ metric }) => metric.name === name);
    const series = found?.series[0];
    if (!found?.entry.exponential || !series) return undefined;
    const from = series.at + exponentialStart(found.metric.bounds?.length ?? 0);
    return this.cells.slice(from, from + EXPONENTIAL_CELLS);
  }

  /** Integral of requests in flight up to `time` (ms, monotonic), in request-seconds. Never falls. */
  busySeconds(time: number): number {
    for (let attempt = 0; attempt < 8; attempt++) {
      const at = this.header('busyAt');
      const inFlight = this.header('busyNow');
      const busy = this.header('busyTime');
      if (this.header('busyBegin') !== at) continue;
      const integral = busy + inFlight * Math.max(0, time - at);
      this.#busySeen = Math.max(this.#busySeen, integral);
      break;
    }
    return this.#busySeen / 1e3;
  }

  /**
   * Requests in flight that have a slot and began at `latest` (ms, monotonic; default: ever) or before, oldest first. One
   * that ends while it is read may be missing.
   */
  inFlight(latest = Number.POSITIVE_INFINITY): InFlight[] {
    const found: InFlight[] = [];
    for (let slot = 0; slot < SLOTS; slot++) {
      const byte = SLOTS_AT + slot * SLOT_BYTES;
      const start = this.cells[byte / 8]!;
      if (start === 0 || start > latest) continue;
      const request = this.#request(slot, byte, start);
      if (this.cells[byte / 8] === start) found.push(request);
    }
    return found.sort((a, b) => a.start - b.start);
  }

  #request(slot: number, byte: number, start: number): InFlight {
    const bytes = this.#bytes;
    const length = Math.min(bytes[byte + SLOT_TEXT_LENGTH]!, SLOT_TEXT_BYTES);
    const routeLength = Math.min(bytes[byte + SLOT_ROUTE_LENGTH]!, SLOT_ROUTE_BYTES);
    const routeAt = byte + SLOT_ROUTE_AT;
    return {
      slot,
      start,
      method: METHODS[bytes[byte + SLOT_METHOD]!] ?? METHODS[0],
      path: pathOf(bytes.toString('latin1', byte + SLOT_TEXT_AT, byte + SLOT_TEXT_AT + length)),
      route: routeLength === 0 ? undefined : bytes.toString('utf8', routeAt, routeAt + routeLength),
      phase: PHASES[bytes[byte + SLOT_PHASE]!] ?? PHASES[0],
    };
  }

  /** Monotonic ms at which the oldest request in flight began; Infinity when none is. */
  oldestStart(): number {
    let oldest = Number.POSITIVE_INFINITY;
    for (let slot = 0; slot < SLOTS; slot++) {
      const start = this.cells[(SLOTS_AT + slot * SLOT_BYTES) / 8]!;
      if (start !== 0 && start < oldest) oldest = start;
    }
    return oldest;
  }

  #readLog(): void {
    const end = Math.min(Atomics.load(this.#words, HEADER.logEnd * 2), LOG_BYTES);
    while (this.#logRead < end) {
      const at = LOG_AT + this.#logRead;
      const bytes = this.#bytes.readUInt32LE(at);
      this.#add(JSON.parse(this.#bytes.toString('utf8', at + 4, at + 4 + bytes)));
      this.#logRead += 4 + bytes;
    }
  }

  #add(entry: LogEntry): void {
    if ('s' in entry) {
      this.#metrics.get(entry.s)?.series.push({ at: entry.at, attributes: entry.a });
      return;
    }
    const { name, kind, unit, help, bounds } = entry;
    this.#metrics.set(entry.m, { entry, metric: { name, kind, unit, help, bounds }, series: [] });
  }

  #histogram(entry: MetricEntry, at: number): HistogramPoint {
    const boundCount = entry.bounds?.length ?? 0;
    const sum = this.cells[at + HISTOGRAM_SUM]!;
    const counts = this.cells.slice(at + HISTOGRAM_COUNTS, at + HISTOGRAM_COUNTS + boundCount + 1);
    if (!entry.exponential) return { counts, sum };
    return { counts, sum, exponential: this.#exponential(at + exponentialStart(boundCount)) };
  }

  /** Trimmed to the buckets in use; the overflow cell becomes one more bucket above the range. */
  #exponential(at: number): ExponentialBuckets {
    let first = 1;
    let last = BUCKETS + 1;
    while (first <= last && this.cells[at + first] === 0) first++;
    while (last > first && this.cells[at + last] === 0) last--;
    return {
      scale: SCALE,
      offset: OFFSET + first - 1,
      counts: this.cells.slice(at + first, at + last + 1),
      zeroCount: this.cells[at]!,
      zeroThreshold: ZERO_THRESHOLD,
    };
  }
}

/** Of a request target that may be cut. A query or the user name of an absolute form is nobody else's business. */
function pathOf(target: string): string {
  const end = target.search(/[?#]/);
  const plain = end < 0 ? target : target.slice(0, end);
  if (plain === '' || plain.startsWith('/')) return plain;
  return plain.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, '') || '/';
}
