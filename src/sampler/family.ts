/** All series of one metric of one sampler, within the budget. */
import { type Attributes, attributesKey, type Metric, OVERFLOW_ATTRIBUTES } from '../snapshot/metric.ts';
import type { HistogramPoint, Point } from '../snapshot/snapshot.ts';
import { DUPLICATE, Refusal, readAttributes, readValue } from './accept.ts';
import { FORGET_AFTER, Overflow } from './overflow.ts';

/** When a value was put. */
export interface Stamp {
  /** Number of this call of the sampler: two puts of one series under the same number are a duplicate. */
  readonly call: number;
  /** Complete rounds before this one. */
  readonly completed: number;
  /** Epoch ms of the call. */
  readonly time: number;
}

/** What became of a value: `over` means that the budget was used up. */
export type Fate = 'kept' | 'over' | Refusal;

interface Series {
  readonly keys: readonly string[];
  point: Point;
  stamp: Stamp;
}

const OVERFLOW_KEY = attributesKey(OVERFLOW_ATTRIBUTES);

export class Family {
  readonly metric: Metric;
  readonly #limit: number;
  readonly #series = new Map<string, Series>();
  #startTime: number;
  /** The series in the order of their first put, as far as they were guessed in call number `#guessed`. */
  #order = this.#series.values();
  #guessed = 0;
  #overflow: Overflow | undefined;
  /** While the overflow series holds values of unknown series, none is admitted: it could be one of them. */
  #closed = false;

  /** `startTime`: epoch ms that values count from. `limit`: series, the overflow series not counted. */
  constructor(metric: Metric, startTime: number, limit: number) {
    this.metric = metric;
    this.#startTime = startTime;
    this.#limit = limit;
  }

  /** Throws what a getter or a Proxy in `given` or `attributes` throws; nothing has changed then. */
  put(given: unknown, attributes: unknown, stamp: Stamp): Fate {
    const value = readValue(this.metric, given);
    if (value instanceof Refusal) return value;
    const expected = this.#expected(attributes, stamp.call);
    if (expected !== undefined) return update(expected, this.metric, value, stamp);
    const labels = readAttributes(attributes);
    if (labels instanceof Refusal) return labels;
    const key = attributesKey(labels);
    const series = this.#series.get(key);
    if (series !== undefined) return update(series, this.metric, value, stamp);
    if (key === OVERFLOW_KEY && this.metric.kind !== 'gauge') {
      this.#overflowing().add(value);
      return 'kept';
    }
    if (this.#closed || this.#series.size >= this.#limit) return this.#overflowWith(value);
    const point = { attributes: labels, startTime: this.#startTime, value };
    this.#series.set(key, { keys: Object.keys(labels), point, stamp });
    return 'kept';
  }

  /** Ends a call. After a complete one (no throw, no timeout), series not put for long are forgotten. */
  end(complete: boolean, stamp: Stamp): void {
    this.#overflow?.commit(complete);
    if (!complete) return;
    if (this.#overflow?.forgotten) {
      this.#overflow = undefined;
      this.#closed = false;
      this.#startTime = Math.max(this.#startTime, stamp.time);
    }
    for (const [key, series] of this.#series) {
      if (stamp.completed - series.stamp.completed >= FORGET_AFTER) this.#series.delete(key);
    }
  }

  get empty(): boolean {
    return this.#series.size === 0 && this.#overflow === undefined;
  }

  points(): Point[] {
    const points = Array.from(this.#series.values(), (series) => series.point);
    const overflow = this.#overflow?.point;
    if (overflow !== undefined) points.push(overflow);
    return points;
  }

  /** Producers put their series in the same order each round: guessing the next one saves building its key. */
  #expected(attributes: unknown, call: number): Series | undefined {
    if (this.#guessed !== call) {
      this.#guessed = call;
      this.#order = this.#series.values();
    }
    const next = this.#order.next();
    return !next.done && matches(next.value, attributes) ? next.value : undefined;
  }

  /** A gauge over budget is not shown: gauges do not add up, and one of many would stand for all. */
  #overflowWith(value: number | HistogramPoint): Fate {
    if (this.metric.kind !== 'gauge') {
      this.#closed = true;
      this.#overflowing().add(value);
    }
    return 'over';
  }

  #overflowing(): Overflow {
    this.#overflow ??= new Overflow(this.metric.kind, this.#startTime);
    return this.#overflow;
  }
}

function matches(series: Series, given: unknown): boolean {
  const { keys, point } = series;
  if (given === undefined) return keys.length === 0;
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return false;
  const names = Object.keys(given);
  if (names.length !== keys.length) return false;
  const values = given as Attributes;
  return names.every((name, i) => name === keys[i] && values[name] === point.attributes[name]);
}

function update(series: Series, metric: Metric, value: number | HistogramPoint, stamp: Stamp): Fate {
  if (series.stamp.call === stamp.call) return DUPLICATE;
  const { attributes, startTime } = series.point;
  const reset = falls(metric, series.point.value, value);
  // The fall happened after the last put; a clock that went back must not hide it.
  const start = reset ? Math.max(series.stamp.time, startTime + 1) : startTime;
  series.point = { attributes, startTime: start, value };
  series.stamp = stamp;
  return 'kept';
}

function falls(metric: Metric, before: number | HistogramPoint, after: number | HistogramPoint): boolean {
  if (typeof after === 'number') return metric.kind === 'counter' && typeof before === 'number' && after < before;
  return typeof before === 'object' && typeof after === 'object' && anyFalls(before.counts, after.counts);
}

function anyFalls(before: ArrayLike<number>, after: ArrayLike<number>): boolean {
  for (let i = 0; i < after.length; i++) if (after[i]! < before[i]!) return true;
  return false;
}
