/** What came between two snapshots: pure. The basis is (name, attributes), which `merge` makes unique for sums. */
import { isCumulative, type Metric } from './metric.ts';
import { seriesKey } from './series-key.ts';
import type { ExponentialBuckets, HistogramPoint, MetricSnapshot, Point, Snapshot } from './snapshot.ts';

/** By metric name, then by attributes. */
type Basis = ReadonlyMap<string, { readonly metric: Metric; readonly points: ReadonlyMap<string, Point> }>;

/** Relative. The sum of a merged histogram may differ by rounding when its parts come in another order. */
const ROUNDING = 1e-9;

/**
 * The snapshot `current` with counters and histograms as what came since `previous`, whose `time` is then their start
 * time. A value that fell, or that counts from a later start, has begun anew: it is given whole with its own start time,
 * as is a series that is new. Gauges and updowns stay as they are. No count is ever negative; a counter below zero is
 * left out. Without `previous` everything is whole.
 */
export function delta(previous: Snapshot | undefined, current: Snapshot): Snapshot {
  const basis = basisOf(previous);
  const since = previous?.time ?? 0;
  const metrics: MetricSnapshot[] = [];
  for (const snapshot of current.metrics) {
    if (!isCumulative(snapshot.metric)) {
      metrics.push(snapshot);
      continue;
    }
    const points = deltaPoints(snapshot, basis, since);
    if (points.length > 0) metrics.push({ ...snapshot, points });
  }
  return { ...current, metrics };
}

function basisOf(previous: Snapshot | undefined): Basis {
  const basis = new Map<string, { metric: Metric; points: Map<string, Point> }>();
  for (const { metric, points } of previous?.metrics ?? []) {
    if (!isCumulative(metric)) continue;
    const known = basis.get(metric.name) ?? { metric, points: new Map<string, Point>() };
    basis.set(metric.name, known);
    for (const point of points) known.points.set(seriesKey(point.attributes), point);
  }
  return basis;
}

function deltaPoints({ metric, points }: MetricSnapshot, basis: Basis, since: number): Point[] {
  const known = basis.get(metric.name);
  const before = known && isComparable(known.metric, metric) ? known.points : undefined;
  const result: Point[] = [];
  for (const point of points) {
    const old = before?.get(seriesKey(point.attributes));
    const value = old && point.startTime <= old.startTime ? difference(metric, old.value, point.value) : undefined;
    if (value !== undefined) result.push({ attributes: point.attributes, startTime: since, value });
    else if (typeof point.value !== 'number' || point.value >= 0) result.push(point);
  }
  return result;
}

function isComparable(a: Metric, b: Metric): boolean {
  const [from = [], to = []] = [a.bounds, b.bounds];
  return a.kind === b.kind && from.length === to.length && from.every((bound, i) => bound === to[i]);
}

/** `undefined`: it fell, or is of another shape. */
function difference(metric: Metric, old: Point['value'], value: Point['value']): Point['value'] | undefined {
  if (typeof old === 'number' && typeof value === 'number') return value >= old && old >= 0 ? value - old : undefined;
  if (typeof old === 'number' || typeof value === 'number') return undefined;
  return histogramDifference(metric, old, value);
}

function histogramDifference(metric: Metric, old: HistogramPoint, value: HistogramPoint): HistogramPoint | undefined {
  const counts = countsDifference(old.counts, value.counts);
  if (counts === undefined) return undefined;
  let sum = value.sum - old.sum;
  if (sum < 0 && (metric.bounds?.[0] ?? 0) >= 0) {
    if (-sum > ROUNDING * Math.abs(old.sum)) return undefined;
    sum = 0;
  }
  if (!old.exponential || !value.exponential || !sameScale(old.exponential, value.exponential)) return { counts, sum };
  const exponential = exponentialDifference(old.exponential, value.exponential);
  return exponential && { counts, sum, exponential };
}

function countsDifference(old: ArrayLike<number>, counts: ArrayLike<number>): Float64Array | undefined {
  if (old.length !== counts.length) return undefined;
  const result = new Float64Array(counts.length);
  for (let i = 0; i < counts.length; i++) {
    if (counts[i]! < old[i]!) return undefined;
    result[i] = counts[i]! - old[i]!;
  }
  return result;
}

function sameScale(a: ExponentialBuckets, b: ExponentialBuckets): boolean {
  return a.scale === b.scale && a.zeroThreshold === b.zeroThreshold;
}

function exponentialDifference(old: ExponentialBuckets, value: ExponentialBuckets): ExponentialBuckets | undefined {
  if (value.zeroCount < old.zeroCount) return undefined;
  const counts = Float64Array.from(value.counts);
  for (let i = 0; i < old.counts.length; i++) {
    const at = old.offset + i - value.offset;
    if (old.counts[i]! === 0) continue;
    if (!(counts[at]! >= old.counts[i]!)) return undefined;
    counts[at]! -= old.counts[i]!;
  }
  return { ...value, counts, zeroCount: value.zeroCount - old.zeroCount };
}
