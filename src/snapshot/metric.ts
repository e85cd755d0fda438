/** The vocabulary that producers, collectors and adapters share. Pure types and values; imports nothing. */

/** Label set of one series. Two sets are the same when their keys and the text of their values are the same. */
export type Attributes = { readonly [key: string]: string | number | boolean };

/**
 * How a value behaves, which is also how several of them merge: counters, updowns and histograms of several sources
 * add up, gauges never do.
 */
export type MetricKind = 'counter' | 'updown' | 'gauge' | 'histogram';

/** One metric. A module constant of its producer; its identity is its name. */
export interface Metric {
  /** Dotted, no unit, no `_total`: adapters decorate. `http.server.request.duration`. At most 255 characters. */
  readonly name: string;
  readonly kind: MetricKind;
  /** UCUM base unit: `s`, `By`, `1`, or an annotation such as `{request}`. Default: none. */
  readonly unit?: string;
  /** One sentence for people. */
  readonly help?: string;
  /** Histogram only: ascending, finite, inclusive upper bounds; +Inf is implied. */
  readonly bounds?: readonly number[];
}

/** Whether it only grows, so that differences of it say what came in between. */
export function isCumulative({ kind }: Metric): boolean {
  return kind === 'counter' || kind === 'histogram';
}

/** A cumulative histogram: `counts.length === bounds.length + 1`, `counts[i]` holds values in `(bounds[i-1], bounds[i]]`. */
export interface HistogramValue {
  readonly counts: ArrayLike<number>;
  readonly sum: number;
}

/** Who produced a metric: the OpenTelemetry instrumentation scope. */
export interface Scope {
  readonly name: string;
  readonly version?: string;
}

/** The scope of what the app records through this package. */
export const APP_SCOPE: Scope = Object.freeze({ name: 'app' });

/** The series that takes what does not fit the budget (OpenTelemetry SDK, "Overflow attribute"). */
export const OVERFLOW_ATTRIBUTES: Attributes = Object.freeze({ 'otel.metric.overflow': true });

/** OpenTelemetry semantic conventions, advice for `http.server.request.duration`, in seconds. */
export const DURATION_BOUNDS: readonly number[] = Object.freeze([
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
]);

/** The canonical text of an attribute set: what makes two sets the same. Order of keys does not matter. */
export function attributesKey(attributes: Attributes): string {
  const parts: string[] = [];
  for (const key of Object.keys(attributes).sort()) parts.push(key, String(attributes[key]));
  return JSON.stringify(parts);
}
