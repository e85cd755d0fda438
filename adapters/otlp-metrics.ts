/** From a snapshot to what the official exporters take. Pure. */
import type { HrTime, ValueType } from '@opentelemetry/api';
import type {
  AggregationTemporality,
  DataPoint,
  DataPointType,
  ExponentialHistogram,
  Histogram,
  MetricData,
  ScopeMetrics,
} from '@opentelemetry/sdk-metrics';
import { type Attributes, attributesKey } from '../src/snapshot/metric.ts';
import {
  countOf,
  type ExponentialBuckets,
  type HistogramPoint,
  type MetricSnapshot,
  type Point,
  type Snapshot,
} from '../src/snapshot/snapshot.ts';
import { cleanAttributes, isUsable, problemOfName, usableExponential, wellFormed } from './otlp-values.ts';

/** The SDK's own enumerations: of the copy that the exporter uses. */
export interface Vocabulary {
  readonly AggregationTemporality: typeof AggregationTemporality;
  readonly DataPointType: typeof DataPointType;
  readonly ValueType: typeof ValueType;
}

export interface Mapping {
  /** What counters and histograms of the snapshot are; updowns are always cumulative. */
  readonly temporality: 'cumulative' | 'delta';
  /** Whether histograms go out with exponential buckets where the snapshot has them. */
  readonly exponential: boolean;
}

/** Points of one metric that cannot be sent. */
export interface Omission {
  readonly metric: string;
  readonly reason: string;
  readonly points: number;
}

export interface Mapped {
  readonly scopeMetrics: ScopeMetrics[];
  /** How many points are in `scopeMetrics`. */
  readonly points: number;
  readonly omissions: readonly Omission[];
}

const BAD_VALUE = 'its value is not valid for its kind';
const SAME_ATTRIBUTES = 'its attributes are those of another series once what OTLP cannot carry is replaced';

/** Time 0 means "unknown", which is what a gauge has to say about its start. */
const NO_START: HrTime = [0, 0];

/** One `ScopeMetrics` per scope, in the order of the snapshot. */
export function toScopeMetrics(snapshot: Snapshot, mapping: Mapping, vocabulary: Vocabulary): Mapped {
  const scopes = new Map<string, ScopeMetrics>();
  const omissions: Omission[] = [];
  let points = 0;
  for (const one of snapshot.metrics) {
    const usable = usablePoints(one, omissions);
    if (usable.length === 0) continue;
    const data = metricData(one, usable, toHrTime(snapshot.time), mapping, vocabulary);
    scopeOf(scopes, one).metrics.push(...data);
    points += usable.length;
  }
  return { scopeMetrics: [...scopes.values()], points, omissions };
}

/**
 * What tells where the numbers are from: the snapshot's resource, and `telemetry.sdk.*`, which loadline sets itself
 * since it is no OpenTelemetry SDK (semantic conventions, "Telemetry SDK"). What the user set stays.
 */
export function resourceAttributes(resource: Attributes): Attributes {
  const version = resource['telemetry.distro.version'];
  return cleanAttributes({
    'telemetry.sdk.name': 'loadline',
    'telemetry.sdk.language': 'nodejs',
    ...(version === undefined ? {} : { 'telemetry.sdk.version': version }),
    ...resource,
  });
}

/** [whole seconds, nanoseconds] of epoch milliseconds. */
export function toHrTime(time: number): HrTime {
  if (!(time > 0) || !Number.isFinite(time)) return NO_START;
  const micros = Math.round(time * 1e3);
  return [Math.floor(micros / 1e6), (micros % 1e6) * 1e3];
}

function scopeOf(scopes: Map<string, ScopeMetrics>, { scope }: MetricSnapshot): ScopeMetrics {
  const name = wellFormed(scope.name);
  const version = scope.version === undefined ? undefined : wellFormed(scope.version);
  const key = JSON.stringify([name, version]);
  const known = scopes.get(key) ?? { scope: { name, version }, metrics: [] };
  scopes.set(key, known);
  return known;
}

function usablePoints({ metric, points }: MetricSnapshot, omissions: Omission[]): Point[] {
  const omit = (reason: string, count: number) => omissions.push({ metric: metric.name, reason, points: count });
  const problem = problemOfName(metric.name);
  if (problem !== undefined) {
    omit(problem, points.length);
    return [];
  }
  const usable = points.filter(({ value }) => isUsable(metric, value));
  if (usable.length < points.length) omit(BAD_VALUE, points.length - usable.length);
  if (usable.every(({ attributes }) => cleanAttributes(attributes) === attributes)) return usable;
  const distinct = new Map<string, Point>();
  for (const point of usable) {
    const key = attributesKey(cleanAttributes(point.attributes));
    if (!distinct.has(key)) distinct.set(key, point);
  }
  if (distinct.size < usable.length) omit(SAME_ATTRIBUTES, usable.length - distinct.size);
  return [...distinct.values()];
}

/** Two for a histogram of which some series have exponential buckets and some have not. */
function metricData(
  { metric }: MetricSnapshot,
  points: readonly Point[],
  endTime: HrTime,
  mapping: Mapping,
  { AggregationTemporality, DataPointType, ValueType }: Vocabulary,
): MetricData[] {
  const { CUMULATIVE, DELTA } = AggregationTemporality;
  const descriptor = {
    name: metric.name,
    description: wellFormed(metric.help ?? ''),
    unit: wellFormed(metric.unit ?? ''),
    valueType: ValueType.DOUBLE,
  };
  const temporality = mapping.temporality === 'delta' && metric.kind !== 'updown' ? DELTA : CUMULATIVE;
  const base = { descriptor, aggregationTemporality: temporality };
  const withValue = <T>(point: Point, value: T): DataPoint<T> => ({
    startTime: metric.kind === 'gauge' ? NO_START : earlier(toHrTime(point.startTime), endTime),
    endTime,
    attributes: cleanAttributes(point.attributes),
    value,
  });
  if (metric.kind === 'histogram') {
    const explicit: DataPoint<Histogram>[] = [];
    const exponential: DataPoint<ExponentialHistogram>[] = [];
    for (const point of points) {
      const value = point.value as HistogramPoint;
      const buckets = mapping.exponential ? usableExponential(value) : undefined;
      if (buckets) exponential.push(withValue(point, exponentialHistogram(value, buckets)));
      else explicit.push(withValue(point, explicitHistogram(value, metric.bounds!)));
    }
    const data: MetricData[] = [
      { ...base, dataPointType: DataPointType.HISTOGRAM, dataPoints: explicit },
      { ...base, dataPointType: DataPointType.EXPONENTIAL_HISTOGRAM, dataPoints: exponential },
    ];
    return data.filter(({ dataPoints }) => dataPoints.length > 0);
  }
  const dataPoints = points.map((point) => withValue(point, point.value as number));
  if (metric.kind === 'gauge') return [{ ...base, dataPointType: DataPointType.GAUGE, dataPoints }];
  return [{ ...base, dataPointType: DataPointType.SUM, isMonotonic: metric.kind === 'counter', dataPoints }];
}

/** No min or max: the store keeps none. */
function explicitHistogram(value: HistogramPoint, bounds: readonly number[]): Histogram {
  return {
    buckets: { boundaries: [...bounds], counts: Array.from(value.counts) },
    sum: value.sum,
    count: countOf(value),
  };
}

/** The SDK's type has no zero threshold: what lay below it is in `zeroCount`. */
function exponentialHistogram({ sum }: HistogramPoint, buckets: ExponentialBuckets): ExponentialHistogram {
  const bucketCounts = Array.from(buckets.counts);
  return {
    count: bucketCounts.reduce((total, count) => total + count, buckets.zeroCount),
    sum,
    scale: buckets.scale,
    zeroCount: buckets.zeroCount,
    positive: { offset: buckets.offset, bucketCounts },
    negative: { offset: 0, bucketCounts: [] },
  };
}

function earlier(a: HrTime, b: HrTime): HrTime {
  return a[0] < b[0] || (a[0] === b[0] && a[1] <= b[1]) ? a : b;
}
