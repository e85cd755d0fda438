/** The writing side of a map: one per app thread. Recording is plain stores into `cells`; nothing here throws. */
import { type Attributes, attributesKey, type Metric, OVERFLOW_ATTRIBUTES, type Scope } from '../snapshot/metric.ts';
import { EXPONENTIAL_CELLS, explicitCell, exponentialCell } from './buckets.ts';
import {
  CELL_RESERVE,
  END_CELL,
  exponentialStart,
  FIRST_CELL,
  HEADER,
  HISTOGRAM_COUNTS,
  HISTOGRAM_SUM,
  LAYOUT_VERSION,
  LOG_AT,
  LOG_BYTES,
  LOG_RESERVE,
  type LogEntry,
  MAP_BYTES,
  NOWHERE_CELLS,
} from './layout.ts';

export interface StoreOptions {
  /** worker_threads.threadId of the writer. Default 0. */
  threadId?: number;
  /** Epoch ms. Default: now. */
  startTime?: number;
  /** Series per metric, its overflow series included. Default 2000. */
  seriesLimit?: number;
}

/** A whole map. Its buffer can be handed to another thread at any time: all that a reader needs is inside. */
export class StoreWriter {
  readonly buffer: SharedArrayBuffer;
  /** The whole map as float64: header words by `HEADER`, series by the index that `MetricWriter.series` returns. */
  readonly cells: Float64Array<SharedArrayBuffer>;
  seriesLimit: number;
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #log: Buffer;
  readonly #metrics = new Map<string, MetricWriter>();
  #logEnd = 0;
  #nextCell = FIRST_CELL + NOWHERE_CELLS;

  constructor({ threadId = 0, startTime = Date.now(), seriesLimit = 2000 }: StoreOptions = {}) {
    this.buffer = new SharedArrayBuffer(MAP_BYTES);
    this.cells = new Float64Array(this.buffer);
    this.seriesLimit = seriesLimit;
    this.#words = new Int32Array(this.buffer);
    this.#log = Buffer.from(this.buffer, LOG_AT, LOG_BYTES);
    this.cells[HEADER.version] = LAYOUT_VERSION;
    this.cells[HEADER.threadId] = threadId;
    this.cells[HEADER.startTime] = startTime;
  }

  /**
   * The writer of a metric, the same one for the same name: the first description of a name wins, and the caller
   * compares `metric` where that matters. `exponential`: keep exponential buckets too (values in seconds).
   */
  metric(metric: Metric, scope: Scope, exponential = false): MetricWriter {
    const known = this.#metrics.get(metric.name);
    if (known) return known;
    const id = this.#metrics.size;
    const writer = new MetricWriter(this, id, metric, exponential);
    const { name, kind, unit, help, bounds } = metric;
    const described = this.describe({ m: id, name, kind, unit, help, bounds, exponential, scope });
    if (!described) writer.refuseAll();
    this.#metrics.set(name, writer);
    return writer;
  }

  /** Takes `count` cells and leaves `reserve` free, or returns -1 when the map is full. */
  allocate(count: number, reserve = 0): number {
    if (this.#nextCell + count > END_CELL - reserve) return -1;
    const at = this.#nextCell;
    this.#setNextCell(at + count);
    return at;
  }

  /** Gives back the cells that were taken last, from `at` on: nothing may have been written to them. */
  giveBack(at: number): void {
    this.#setNextCell(at);
  }

  /** Appends one entry to the log, leaves `reserve` bytes free, and publishes it; false when the log is full. */
  describe(entry: LogEntry, reserve = 0): boolean {
    const text = JSON.stringify(entry);
    const bytes = Buffer.byteLength(text);
    if (this.#logEnd + 4 + bytes > LOG_BYTES - reserve) return false;
    this.#log.writeUInt32LE(bytes, this.#logEnd);
    this.#log.write(text, this.#logEnd + 4);
    this.#logEnd += 4 + bytes;
    Atomics.store(this.#words, HEADER.logEnd * 2, this.#logEnd);
    return true;
  }

  #setNextCell(next: number): void {
    this.#nextCell = next;
    this.cells[HEADER.cellsUsed] = next - FIRST_CELL;
  }
}

/** One metric's series. */
export class MetricWriter {
  readonly metric: Metric;
  readonly cells: Float64Array<SharedArrayBuffer>;
  readonly bounds: readonly number[];
  /** Offset from a histogram's first cell to its exponential cells; 0 where it keeps none. */
  readonly exponentialAt: number;
  readonly #store: StoreWriter;
  readonly #id: number;
  readonly #cellCount: number;
  readonly #series = new Map<string, number>();
  /** Reserved with the metric, so that a record always has a place; described at its first use. */
  #overflowAt = -1;
  #overflowDescribed = false;
  #refused = false;

  constructor(store: StoreWriter, id: number, metric: Metric, exponential: boolean) {
    this.metric = metric;
    this.cells = store.cells;
    this.bounds = metric.bounds ?? [];
    this.exponentialAt = exponential ? exponentialStart(this.bounds.length) : 0;
    this.#store = store;
    this.#id = id;
    const histogramCells = exponentialStart(this.bounds.length) + (exponential ? EXPONENTIAL_CELLS : 0);
    this.#cellCount = metric.kind === 'histogram' ? histogramCells : 1;
    this.#overflowAt = store.allocate(this.#cellCount);
    if (this.#overflowAt < 0) this.refuseAll();
    else if (metric.kind === 'gauge') this.cells[this.#overflowAt] = Number.NaN;
  }

  /** The map has no room for this metric: what is recorded in it is counted as refused and goes nowhere. */
  refuseAll(): void {
    this.#overflowAt = FIRST_CELL;
    this.#overflowDescribed = true;
    this.#refused = true;
  }

  /** Series in use, the overflow series included. */
  get size(): number {
    return this.#series.size + 1;
  }

  /** Index of the first cell of a series, made at its first call; over the budget, that of the overflow series. */
  series(attributes: Attributes): number {
    const key = attributesKey(attributes);
    const known = this.#series.get(key);
    if (known !== undefined) return known;
    if (this.#refused || this.size >= this.#store.seriesLimit) return this.overflow();
    const at = this.#make(attributes);
    if (at < 0) {
      this.cells[HEADER.seriesRefused]! += 1;
      return this.overflow();
    }
    if (this.metric.kind === 'gauge') this.cells[at] = Number.NaN;
    this.#series.set(key, at);
    this.cells[HEADER.seriesUsed]! += 1;
    return at;
  }

  /**
   * Adds one value to a histogram series. The reader takes the same words in the opposite order: it never sees a value
   * in the sum that is in no bucket.
   */
  record(at: number, value: number): void {
    const { cells } = this;
    if (this.exponentialAt > 0) cells[at + this.exponentialAt + exponentialCell(value)]! += 1;
    cells[at + HISTOGRAM_COUNTS + explicitCell(this.bounds, value)]! += 1;
    cells[at + HISTOGRAM_SUM]! += value;
  }

  isOverflow(at: number): boolean {
    return at === this.#overflowAt;
  }

  /** The series for what has none of its own; each call counts as one overflow. */
  overflow(): number {
    this.cells[HEADER.overflowed]! += 1;
    if (this.#refused) this.cells[HEADER.seriesRefused]! += 1;
    if (!this.#overflowDescribed) {
      this.#overflowDescribed = true;
      const entry = { s: this.#id, at: this.#overflowAt, a: OVERFLOW_ATTRIBUTES };
      if (!this.#store.describe(entry)) this.refuseAll();
    }
    return this.#overflowAt;
  }

  /** Cells and description of a new series; -1 when the map has no room for either. */
  #make(attributes: Attributes): number {
    const at = this.#store.allocate(this.#cellCount, CELL_RESERVE);
    if (at < 0 || this.#store.describe({ s: this.#id, at, a: attributes }, LOG_RESERVE)) return at;
    this.#store.giveBack(at);
    return -1;
  }
}
