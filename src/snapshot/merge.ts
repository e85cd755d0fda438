/** Several sources as one: pure. Counters, updowns and histograms of several sources add; gauges never do. */
import type { Metric } from './metric.ts';
import { seriesKey } from './series-key.ts';
import type { ExponentialBuckets, HistogramPoint, MetricSnapshot, Point } from './snapshot.ts';

/**
 * One list without doubles. The first description of a name wins: a later one of another kind, unit or bounds is left
 * out. Gauges of different scopes stay apart; an added-up series belongs to the scope that had it first.
 */
export function merge(parts: readonly (readonly MetricSnapshot[])[]): MetricSnapshot[] {
  const byName = new Map<string, MetricSnapshot[]>();
  for (const part of parts) {
    for (const snapshot of part) {
      const same = byName.get(snapshot.metric.name);
      if (!same) byName.set(snapshot.metric.name, [snapshot]);
      else if (isSameMetric(same[0]!.metric, snapshot.metric)) same.push(snapshot);
    }
  }
  const merged: MetricSnapshot[] = [];
  for (const same of byName.values()) merged.push(...(same.length === 1 ? same : mergeSame(same)));
  return merged;
}

/** Of one kind, unit and bounds: their values add up. */
export function isSameMetric(a: Metric, b: Metric): boolean {
  if (a.kind !== b.kind || (a.unit ?? '') !== (b.unit ?? '')) return false;
  return (a.bounds ?? []).length === (b.bounds ?? []).length && (a.bounds ?? []).every((x, i) => x === b.bounds![i]);
}

function mergeSame(same: readonly MetricSnapshot[]): MetricSnapshot[] {
  const isGauge = same[0]!.metric.kind === 'gauge';
  const byScope = new Map<string, MetricSnapshot & { readonly points: Point[] }>();
  const series = new Map<string, { readonly points: Point[]; readonly index: number }>();
  for (const { metric, scope, points } of same) {
    const scopeKey = JSON.stringify([scope.name, scope.version]);
    for (const point of points) {
      const key = (isGauge ? scopeKey : '') + seriesKey(point.attributes);
      const known = series.get(key);
      if (known) {
        known.points[known.index] = isGauge ? point : add(known.points[known.index]!, point);
        continue;
      }
      const target = byScope.get(scopeKey) ?? { metric, scope, points: [] };
      byScope.set(scopeKey, target);
      series.set(key, { points: target.points, index: target.points.push(point) - 1 });
    }
  }
  return [...byScope.values()];
}

function add(a: Point, b: Point): Point {
  const startTime = Math.min(a.startTime, b.startTime);
  return { attributes: a.attributes, startTime, value: addValues(a.value, b.value) };
}

/** Of one metric: two numbers, or two histograms of the same bounds. */
export function addValues(a: Point['value'], b: Point['value']): Point['value'] {
  return typeof a === 'number' ? a + (b as number) : addHistograms(a, b as HistogramPoint);
}

function addHistograms(a: HistogramPoint, b: HistogramPoint): HistogramPoint {
  // A loop: `Float64Array.from` with a function takes ten times as long.
  const counts = new Float64Array(a.counts.length);
  for (let i = 0; i < counts.length; i++) counts[i] = a.counts[i]! + b.counts[i]!;
  const exponential = a.exponential && b.exponential && addExponential(a.exponential, b.exponential);
  return { counts, sum: a.sum + b.sum, ...(exponential && { exponential }) };
}

/** Both of one scale, as every map of the store is. */
function addExponential(a: ExponentialBuckets, b: ExponentialBuckets): ExponentialBuckets {
  const offset = Math.min(a.offset, b.offset);
  const end = Math.max(a.offset + a.counts.length, b.offset + b.counts.length);
  const counts = new Float64Array(end - offset);
  for (const { offset: from, counts: source } of [a, b]) {
    for (let i = 0; i < source.length; i++) counts[from - offset + i]! += source[i]!;
  }
  return { ...a, offset, counts, zeroCount: a.zeroCount + b.zeroCount };
}
