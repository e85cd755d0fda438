/** From the metric data of an OpenTelemetry SDK to what a sampler puts. Pure. */
import type { Attributes, HistogramValue, Metric } from '../src/snapshot/metric.ts';
import {
  CUMULATIVE,
  EXPONENTIAL_HISTOGRAM,
  type ExponentialHistogram,
  GAUGE,
  HISTOGRAM,
  type MetricData,
  type ScopeMetrics,
  SUM,
} from './opentelemetry-types.ts';

/** One value, ready to put. */
export interface Entry {
  readonly metric: Metric;
  readonly value: number | HistogramValue;
  readonly attributes: Attributes;
}

/** Powers of two from 2^-30 (about 1e-9) to 2^40 (about 1e12): a boundary of every exponential scale from 0 up. */
const FIRST_POWER = -30;
const LAST_POWER = 40;
const POWERS: readonly number[] = Object.freeze(
  Array.from({ length: LAST_POWER - FIRST_POWER + 1 }, (_, i) => 2 ** (FIRST_POWER + i)),
);

/**
 * All values of one instrument. The scope goes along as `otel.scope.name` and `otel.scope.version` (OpenTelemetry,
 * "Prometheus and OpenMetrics Compatibility"). Exponential histograms become explicit ones at powers of two, exactly.
 *
 * @throws RangeError for data that would come out wrong: not cumulative, a histogram without sum, a scale below 0.
 */
export function entriesOf(data: MetricData, scope: ScopeMetrics['scope']): Entry[] {
  // A gauge has no temporality.
  if (data.dataPointType !== GAUGE && data.aggregationTemporality !== CUMULATIVE) {
    throw new RangeError('it is not cumulative');
  }
  const { name, unit, description } = data.descriptor;
  const base = { name, ...(unit && { unit }), ...(description && { help: description }) };
  const of = (metric: Metric, value: Entry['value'], attributes: object): Entry => ({
    metric,
    value,
    attributes: attributesOf(attributes, scope),
  });
  switch (data.dataPointType) {
    case SUM: {
      const metric: Metric = { ...base, kind: data.isMonotonic ? 'counter' : 'updown' };
      return data.dataPoints.map(({ value, attributes }) => of(metric, value, attributes));
    }
    case GAUGE: {
      const metric: Metric = { ...base, kind: 'gauge' };
      const points = data.dataPoints.filter(({ value }) => !Number.isNaN(value));
      return points.map(({ value, attributes }) => of(metric, value, attributes));
    }
    case HISTOGRAM:
      return data.dataPoints.map(({ value: { buckets, sum }, attributes }) => {
        const metric: Metric = { ...base, kind: 'histogram', bounds: buckets.boundaries };
        return of(metric, { counts: buckets.counts, sum: sumOf(sum) }, attributes);
      });
    case EXPONENTIAL_HISTOGRAM: {
      const metric: Metric = { ...base, kind: 'histogram', bounds: POWERS };
      return data.dataPoints.map(({ value, attributes }) => of(metric, explicit(value), attributes));
    }
    default:
      throw new RangeError('it is of a kind that this version does not know');
  }
}

/** An SDK leaves the sum out where values may be negative: it would be no counter. */
function sumOf(sum: number | undefined): number {
  if (sum === undefined) throw new RangeError('it is a histogram without a sum');
  return sum;
}

/**
 * Bucket `i` of scale `s` ends at `2^((i + 1) / 2^s)`: with `s ≥ 0` it lies within `(2^(i >> s), 2^((i >> s) + 1)]`.
 * Zeros and values below zero are at most the first bound, whatever it is.
 */
function explicit({ sum, scale, zeroCount, positive, negative }: ExponentialHistogram): HistogramValue {
  if (scale < 0) throw new RangeError('its values span more than 160 powers of two');
  const counts = new Array<number>(POWERS.length + 1).fill(0);
  counts[0] = zeroCount + negative.bucketCounts.reduce((total, count) => total + count, 0);
  positive.bucketCounts.forEach((count, i) => {
    const power = Math.floor((positive.offset + i) / 2 ** scale) + 1;
    counts[Math.min(Math.max(power - FIRST_POWER, 0), POWERS.length)]! += count;
  });
  return { counts, sum: sumOf(sum) };
}

/** Lists become JSON; what is null or undefined is no attribute. */
function attributesOf(given: object, { name, version }: ScopeMetrics['scope']): Attributes {
  const entries: [string, string | number | boolean][] = [];
  for (const [key, value] of Object.entries(given)) {
    if (value === null || value === undefined) continue;
    entries.push([key, typeof value === 'object' ? JSON.stringify(value) : (value as string | number | boolean)]);
  }
  if (name) entries.push(['otel.scope.name', name]);
  if (version) entries.push(['otel.scope.version', version]);
  return Object.fromEntries(entries);
}
