/**
 * The memory map: one fixed SharedArrayBuffer per app thread, written by that thread, read by the reporter thread.
 * Each word's offset, unit and owner is written here and nowhere else.
 *
 * ```
 * bytes        what
 * 0            header: 64 float64 words (HEADER)
 * 512          in-flight slots: SLOTS × SLOT_BYTES
 * 262,656      description log: LOG_BYTES of length-prefixed JSON, append-only (who is where in the cells)
 * 8,651,264    cells: float64, allocated upwards, never freed
 * ```
 * Nothing is ever moved or reset. Counts are float64: integers are exact up to 2^53. Memory that was never written is
 * never touched, so a map costs the pages it uses (see `docs/memory.md`), not its size.
 */

export const LAYOUT_VERSION = 2;

/** Header words: index into a Float64Array over the whole map. Milliseconds on the process's monotonic clock. */
export const HEADER = {
  /** LAYOUT_VERSION. */
  version: 0,
  /** worker_threads.threadId of the writer; 0 is the main thread. */
  threadId: 1,
  /** Epoch ms at which the map was made: the start time of its cumulative values. */
  startTime: 2,
  /** ms: when the heartbeat last ran; 0 before the first. */
  beat: 3,
  /** ms: the interval to the next heartbeat. */
  beatInterval: 4,
  /** ms: time the loop was running callbacks, and waiting in the poll phase, up to `beat`. */
  loopActive: 5,
  loopIdle: 6,
  /** Stalls that are over: how many, and ms they lasted in all. */
  stalls: 7,
  stalledTime: 8,
  /**
   * Integral of requests in flight, in request-ms, up to `busyAt`; `busyNow` requests are in flight since then.
   * Written in the order busyBegin, busyTime, busyNow, busyAt: a reader that sees busyBegin === busyAt saw one state.
   */
  busyBegin: 9,
  busyTime: 10,
  busyNow: 11,
  busyAt: 12,
  /** Bytes of the log that are published. As an int32, with Atomics: the only word that orders other memory. */
  logEnd: 13,
  /**
   * Cells in use; series described; how often the map had no room for a series or metric; how often a series was asked
   * for and its metric's overflow series given.
   */
  cellsUsed: 14,
  seriesUsed: 15,
  seriesRefused: 16,
  overflowed: 17,
  /** 1 while the inspector listens on this thread (`inspector.url()`): a debugger may be attached. */
  inspector: 18,
  /**
   * Worker threads: the kernel's number of the writer (Linux, `/proc/thread-self`); 0 where it is not told. When the
   * thread is gone and the reporter has added its numbers to its sums, with its n-th such fold: -n.
   */
  tid: 21,
  /**
   * Worker threads, written by the reporter: the worker's number from 1, 0 before it has one; and ms, when the reporter
   * last found the thread alive, 0 while it never did. A reporter that takes another's place goes on from these.
   */
  worker: 22,
  seenAt: 23,
  /**
   * Worker threads, written by the reporter: since the beat `parkedBeat` the thread was seen parked (asleep in
   * `Atomics.wait`), `parkedTime` ms in all and last at `parkedAt`. Stalls between two such times: how many, and ms in all.
   */
  parkedBeat: 24,
  parkedTime: 25,
  parkedAt: 26,
  parkedStalls: 27,
  parkedStalledTime: 28,
} as const;

export const HEADER_BYTES = 512;

/** In-flight requests that are visible one by one; more are counted but not listed. */
export const SLOTS = 1024;
/**
 * float64 start (ms, monotonic; 0 = free), uint8 index into METHODS, uint8 bytes of path, uint8 index into PHASES, uint8
 * bytes of route (0 = not known), latin1 path with its query, UTF-8 route.
 */
export const SLOT_BYTES = 256;
export const SLOT_METHOD = 8;
export const SLOT_TEXT_LENGTH = 9;
export const SLOT_PHASE = 10;
export const SLOT_ROUTE_LENGTH = 11;
export const SLOT_TEXT_AT = 12;
export const SLOT_TEXT_BYTES = 118;
export const SLOT_ROUTE_AT = SLOT_TEXT_AT + SLOT_TEXT_BYTES;
export const SLOT_ROUTE_BYTES = SLOT_BYTES - SLOT_ROUTE_AT;
export const SLOTS_AT = HEADER_BYTES;

export const LOG_AT = SLOTS_AT + SLOTS * SLOT_BYTES;
export const LOG_BYTES = 8 * 1024 * 1024;

export const CELLS_AT = LOG_AT + LOG_BYTES;
/** Size of a map: address space, not memory. */
export const MAP_BYTES = 32 * 1024 * 1024;
/**
 * The last bytes of the log and the last cells are kept for metrics and their overflow series: however many series come
 * first, what is recorded in a metric that comes later has a place and a name.
 */
export const LOG_RESERVE = 256 * 1024;
export const CELL_RESERVE = 64 * 1024;
/** The first cells belong to nobody: records of series that could not be described at all end here. */
export const NOWHERE_CELLS = 640;

/** First float64 index of the cells, and the number of float64 words in the map. */
export const FIRST_CELL = CELLS_AT / 8;
export const END_CELL = MAP_BYTES / 8;

/** One log entry: a metric, or a series of a metric described before it. */
export type LogEntry = MetricEntry | SeriesEntry;

export interface MetricEntry {
  /** Number of the metric in this map. */
  readonly m: number;
  readonly name: string;
  readonly kind: 'counter' | 'updown' | 'gauge' | 'histogram';
  readonly unit?: string;
  readonly help?: string;
  readonly bounds?: readonly number[];
  /** Whether its series keep exponential buckets as well. */
  readonly exponential: boolean;
  readonly scope: { readonly name: string; readonly version?: string };
}

export interface SeriesEntry {
  /** The metric's number. */
  readonly s: number;
  /** float64 index of the series' first cell. */
  readonly at: number;
  readonly a: { readonly [key: string]: string | number | boolean };
}

/**
 * Cells of a histogram series, from its first: sum, then `bounds.length + 1` explicit counts, then, where kept, the
 * exponential cells of `buckets.ts`. Every other kind takes one cell: its value (a gauge that was never set is NaN).
 */
export const HISTOGRAM_SUM = 0;
export const HISTOGRAM_COUNTS = 1;

export function exponentialStart(boundCount: number): number {
  return HISTOGRAM_COUNTS + boundCount + 1;
}

/** Methods that are told apart (RFC 9110, RFC 5789); every other one is `_OTHER` (OpenTelemetry HTTP conventions). */
export const METHODS = [
  '_OTHER',
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'CONNECT',
  'OPTIONS',
  'TRACE',
  'PATCH',
] as const;

/** What a request in flight is at: the app works, its body is arriving, its answer is leaving. */
export const PHASES = ['handle', 'receive', 'send'] as const;
export const HANDLE = 0;
export const RECEIVE = 1;
export const SEND = 2;
