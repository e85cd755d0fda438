/** From one metric of a snapshot to the SDK's data of it. Pure. */
import type { HrTime, ValueType } from '@opentelemetry/api';
import type {
  AggregationTemporality,
  DataPoint,
  DataPointType,
  ExponentialHistogram,
  Histogram,
  MetricData,
} from '@opentelemetry/sdk-metrics';
import type { Metric } from '../src/snapshot/metric.ts';
import { countOf, type ExponentialBuckets, type HistogramPoint, type Point } from '../src/snapshot/snapshot.ts';
import { cleanAttributes, usableExponential, wellFormed } from './otlp-values.ts';

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

/** Time 0 means "unknown", which is what a gauge has to say about its start. */
const NO_START: HrTime = [0, 0];

/** What all data of one metric has. */
type Base = Pick<MetricData, 'descriptor' | 'aggregationTemporality'>;

/** `time`: epoch ms of the snapshot. Two for a histogram of which some series have exponential buckets and some not. */
export function metricData(
  metric: Metric,
  points: readonly Point[],
  time: number,
  mapping: Mapping,
  vocabulary: Vocabulary,
): MetricData[] {
  const endTime = toHrTime(time);
  const base = baseOf(metric, mapping, vocabulary);
  if (metric.kind === 'histogram') return histogramData(metric, points, endTime, base, mapping, vocabulary);
  const { GAUGE, SUM } = vocabulary.DataPointType;
  const dataPoints = points.map((point) => dataPoint(metric, point, endTime, point.value as number));
  if (metric.kind === 'gauge') return [{ ...base, dataPointType: GAUGE, dataPoints }];
  return [{ ...base, dataPointType: SUM, isMonotonic: metric.kind === 'counter', dataPoints }];
}

function baseOf({ name, help = '', unit = '', kind }: Metric, { temporality }: Mapping, vocabulary: Vocabulary): Base {
  const { CUMULATIVE, DELTA } = vocabulary.AggregationTemporality;
  return {
    descriptor: {
      name,
      description: wellFormed(help),
      unit: wellFormed(unit),
      valueType: vocabulary.ValueType.DOUBLE,
    },
    aggregationTemporality: temporality === 'delta' && kind !== 'updown' ? DELTA : CUMULATIVE,
  };
}

function histogramData(
  metric: Metric,
  points: readonly Point[],
  endTime: HrTime,
  base: Base,
  mapping: Mapping,
  { DataPointType }: Vocabulary,
): MetricData[] {
  const explicit: DataPoint<Histogram>[] = [];
  const exponential: DataPoint<ExponentialHistogram>[] = [];
  for (const point of points) {
    const value = point.value as HistogramPoint;
    const buckets = mapping.exponential ? usableExponential(value) : undefined;
    if (buckets) exponential.push(dataPoint(metric, point, endTime, exponentialHistogram(value, buckets)));
    else explicit.push(dataPoint(metric, point, endTime, explicitHistogram(value, metric.bounds!)));
  }
  const data: MetricData[] = [
    { ...base, dataPointType: DataPointType.HISTOGRAM, dataPoints: explicit },
    { ...base, dataPointType: DataPointType.EXPONENTIAL_HISTOGRAM, dataPoints: exponential },
  ];
  return data.filter(({ dataPoints }) => dataPoints.length > 0);
}

function dataPoint<T>({ kind }: Metric, { attributes, startTime }: Point, endTime: HrTime, value: T): DataPoint<T> {
  return {
    startTime: kind === 'gauge' ? NO_START : earlier(toHrTime(startTime), endTime),
    endTime,
    attributes: cleanAttributes(attributes),
    value,
  };
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

/** [whole seconds, nanoseconds] of epoch milliseconds. */
function toHrTime(time: number): HrTime {
  if (!(time > 0) || !Number.isFinite(time)) return NO_START;
  const micros = Math.round(time * 1e3);
  return [Math.floor(micros / 1e6), (micros % 1e6) * 1e3];
}

function earlier(a: HrTime, b: HrTime): HrTime {
  return a[0] < b[0] || (a[0] === b[0] && a[1] <= b[1]) ? a : b;
}
