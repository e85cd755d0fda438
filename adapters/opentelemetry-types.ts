/**
 * What the bridges use of `@opentelemetry/sdk-metrics` 2.x and 3.x, by shape: the app's own copy hands it over. The
 * numbers are those of its enums, which are part of its public API.
 */

/** `AggregationTemporality.CUMULATIVE`. */
export const CUMULATIVE = 1;
/** `ValueType.DOUBLE` of `@opentelemetry/api`. */
export const DOUBLE = 1;
/** `AggregationType.DEFAULT`. */
export const DEFAULT_AGGREGATION = 0;
/** `DataPointType`. */
export const HISTOGRAM = 0;
export const EXPONENTIAL_HISTOGRAM = 1;
export const GAUGE = 2;
export const SUM = 3;

/** Seconds and nanoseconds since the epoch. */
export type HrTime = [number, number];

export interface DataPoint<T> {
  readonly startTime: HrTime;
  readonly endTime: HrTime;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly value: T;
}

export interface ExplicitHistogram {
  readonly buckets: { readonly boundaries: readonly number[]; readonly counts: readonly number[] };
  readonly sum?: number;
}

interface Buckets {
  readonly offset: number;
  readonly bucketCounts: readonly number[];
}

export interface ExponentialHistogram {
  readonly sum?: number;
  readonly scale: number;
  readonly zeroCount: number;
  readonly positive: Buckets;
  readonly negative: Buckets;
}

interface Data<Type extends number, T> {
  readonly descriptor: { readonly name: string; readonly description: string; readonly unit: string };
  readonly aggregationTemporality: number;
  readonly dataPointType: Type;
  readonly dataPoints: readonly DataPoint<T>[];
}

export type MetricData =
  | (Data<typeof SUM, number> & { readonly isMonotonic: boolean })
  | Data<typeof GAUGE, number>
  | Data<typeof HISTOGRAM, ExplicitHistogram>
  | Data<typeof EXPONENTIAL_HISTOGRAM, ExponentialHistogram>;

export interface ScopeMetrics {
  readonly scope: { readonly name: string; readonly version?: string };
  readonly metrics: readonly MetricData[];
}

/** What an SDK's `MetricProducer` gives. */
export interface Collected {
  readonly resourceMetrics: { readonly scopeMetrics: readonly ScopeMetrics[] };
  readonly errors: readonly unknown[];
}

/** The SDK's side of a reader. */
export interface Producer {
  collect(options?: { timeoutMillis?: number }): Promise<Collected>;
}
