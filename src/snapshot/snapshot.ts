/** What adapters see: plain, immutable, structured-clone-able values. Imports no `node:` module. */
import type { Attributes, Metric, Scope } from './metric.ts';

/**
 * Base-2 exponential buckets (OpenTelemetry data model, "ExponentialHistogram"): `counts[i]` holds values in
 * `(base^(offset+i), base^(offset+i+1)]` with `base = 2^(2^-scale)`; `zeroCount` holds values up to `zeroThreshold`.
 */
export interface ExponentialBuckets {
  readonly scale: number;
  readonly offset: number;
  readonly counts: ArrayLike<number>;
  readonly zeroCount: number;
  readonly zeroThreshold: number;
}

/** A histogram since `startTime`: explicit buckets always, exponential ones where the store keeps them. */
export interface HistogramPoint {
  /** `metric.bounds.length + 1` cumulative-in-time (not cumulative-in-`le`) counts. */
  readonly counts: ArrayLike<number>;
  /** In the metric's unit. May trail the counts by the record being written. */
  readonly sum: number;
  readonly exponential?: ExponentialBuckets;
}

/** One series: a value since `startTime` (epoch ms). Gauges ignore `startTime`. */
export interface Point {
  readonly attributes: Attributes;
  readonly startTime: number;
  readonly value: number | HistogramPoint;
}

/** All series of one metric of one scope. `metric.bounds` is always set on histograms. */
export interface MetricSnapshot {
  readonly metric: Metric;
  readonly scope: Scope;
  readonly points: readonly Point[];
}

/** Everything known at one moment, cumulative. Reading changes nothing, so any number of adapters share it. */
export interface Snapshot {
  /** Epoch ms at which it was taken. */
  readonly time: number;
  /** OpenTelemetry resource attributes: `service.name`, `service.instance.id`, `process.pid`, … */
  readonly resource: Attributes;
  readonly metrics: readonly MetricSnapshot[];
  /**
   * The processes that `metrics` adds up, each with its own resource and values, where several of one service are seen
   * as one. Absent: this process alone.
   */
  readonly processes?: readonly Snapshot[];
}

/** A metric that has nothing to show is absent from a snapshot; a histogram's count is the sum of its buckets. */
export function countOf(point: HistogramPoint): number {
  let count = 0;
  for (let i = 0; i < point.counts.length; i++) count += point.counts[i]!;
  return count;
}
