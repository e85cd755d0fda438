/** From a snapshot to families that Prometheus accepts: no name twice, no series twice, no value it refuses. Pure. */
import type { Attributes, Metric, MetricKind } from '../snapshot/metric.ts';
import type { HistogramPoint, MetricSnapshot, Point, Snapshot } from '../snapshot/snapshot.ts';
import { labelText, scopedLabelText } from './labels.ts';
import { type FamilyName, familyName } from './names.ts';

/** One histogram series. Bounds belong to the series: metrics that share a family may differ in them. */
export interface Distribution {
  readonly bounds: readonly number[];
  readonly counts: ArrayLike<number>;
  readonly sum: number;
}

export interface Series {
  readonly value: number | Distribution;
  readonly attributes: Attributes;
  readonly scope: string;
  /** Gauges only: values of further scopes with the same labels, by scope name. */
  readonly others?: Map<string, Series>;
}

export interface Family {
  readonly name: string;
  readonly kind: MetricKind;
  readonly help: string;
  unit: string;
  /** By label text, which is therefore unique. */
  readonly series: Map<string, Series>;
}

/** Series of one metric that were left out. */
export interface Omission {
  readonly metric: string;
  readonly reason: string;
  series: number;
}

export interface Families {
  readonly families: readonly Family[];
  readonly omissions: readonly Omission[];
}

const NAME_TAKEN = 'a metric of another kind or unit has its Prometheus name';
const BAD_VALUE = 'its value is not valid for its kind';
const OTHER_BOUNDS = 'the same series exists with other bounds';

/** The sample names that a family of each kind owns in OpenMetrics, beside its own name. */
const SUFFIXES: { readonly [kind in MetricKind]: readonly string[] } = {
  counter: ['_total', '_created'],
  updown: [],
  gauge: [],
  histogram: ['_bucket', '_sum', '_count', '_created'],
};

/**
 * Sorts a snapshot into families, in its order. Metrics that come out with one name share the family when kind and
 * unit fit; otherwise the first one stays. The answer does not depend on the format, so a scraper that changes its
 * format sees the same series.
 */
export function toFamilies(snapshot: Snapshot): Families {
  const families = new Map<string, Family>();
  const taken = new Set(['target', 'target_info']);
  const omissions = new Map<string, Omission>();
  for (const one of snapshot.metrics) {
    const family = familyOf(one.metric, families, taken);
    for (const point of one.points) {
      const problem = family === undefined ? NAME_TAKEN : addPoint(family, one, point);
      if (problem !== undefined) count(omissions, one.metric.name, problem);
    }
  }
  for (const family of families.values()) if (family.kind === 'gauge') keepScopesApart(family);
  return { families: [...families.values()], omissions: [...omissions.values()] };
}

function count(omissions: Map<string, Omission>, metric: string, reason: string): void {
  const known = omissions.get(metric);
  if (known === undefined) omissions.set(metric, { metric, reason, series: 1 });
  else known.series++;
}

/** `undefined` when another family owns the name, or one of the names of its samples. */
function familyOf(metric: Metric, families: Map<string, Family>, taken: Set<string>): Family | undefined {
  const wanted = familyName(metric);
  const known = families.get(wanted.name);
  if (known !== undefined) return fits(known, metric.kind, wanted) ? known : undefined;
  const names = [wanted.name, ...SUFFIXES[metric.kind].map((suffix) => wanted.name + suffix)];
  if (names.some((name) => taken.has(name))) return undefined;
  for (const name of names) taken.add(name);
  const { kind, help = '' } = metric;
  const family = { name: wanted.name, kind, help, unit: wanted.unit, series: new Map<string, Series>() };
  families.set(wanted.name, family);
  return family;
}

/** Equal names hold equal units; a unit that is missing in one (`a.seconds`) is the other's (`a` in `s`). */
function fits(family: Family, kind: MetricKind, { unit }: FamilyName): boolean {
  if (family.kind !== kind) return false;
  if (family.unit === '') family.unit = unit;
  return unit === '' || unit === family.unit;
}

/** What kept the point out, `undefined` when it is in. */
function addPoint(family: Family, { metric, scope }: MetricSnapshot, point: Point): string | undefined {
  const value = usableValue(metric, point.value);
  if (value === undefined) return BAD_VALUE;
  const labels = labelText(point.attributes, family.kind);
  const series: Series = { value, attributes: point.attributes, scope: scope.name };
  const known = family.series.get(labels);
  const merged = known === undefined ? series : merge(known, series, family.kind);
  if (merged === undefined) return OTHER_BOUNDS;
  family.series.set(labels, merged);
  return undefined;
}

/** OpenMetrics: a counter is neither negative nor NaN, a bucket count is a whole number. A gauge may be anything. */
function usableValue(metric: Metric, value: number | HistogramPoint): number | Distribution | undefined {
  if (typeof value === 'number') {
    if (metric.kind === 'histogram') return undefined;
    if (metric.kind === 'counter') return Number.isFinite(value) && value >= 0 ? value : undefined;
    return metric.kind === 'gauge' || Number.isFinite(value) ? value : undefined;
  }
  const { bounds } = metric;
  if (metric.kind !== 'histogram' || bounds === undefined || !areAscending(bounds)) return undefined;
  if (value.counts.length !== bounds.length + 1 || !Number.isFinite(value.sum)) return undefined;
  for (let i = 0; i <= bounds.length; i++) if (!isCount(value.counts[i])) return undefined;
  return { bounds, counts: value.counts, sum: value.sum };
}

function isCount(value: number | undefined): boolean {
  return Number.isSafeInteger(value) && value! >= 0;
}

function areAscending(bounds: readonly number[]): boolean {
  for (let i = 0; i < bounds.length; i++) {
    if (!Number.isFinite(bounds[i]) || (i > 0 && !(bounds[i]! > bounds[i - 1]!))) return false;
  }
  return true;
}

/** Two points with the same labels: gauges of one scope replace, of several scopes wait for their scope label. */
function merge(known: Series, next: Series, kind: MetricKind): Series | undefined {
  if (kind === 'gauge') return mergeGauges(known, next);
  const value = addValues(known.value, next.value);
  return value === undefined ? undefined : { ...known, value };
}

function mergeGauges(known: Series, next: Series): Series {
  if (next.scope === known.scope) return { ...next, others: known.others };
  const others = known.others ?? new Map<string, Series>();
  others.set(next.scope, next);
  return { ...known, others };
}

/** `undefined` for histograms whose bounds differ: their counts do not add up. */
function addValues(a: number | Distribution, b: number | Distribution): number | Distribution | undefined {
  if (typeof a === 'number' || typeof b === 'number') return Number(a) + Number(b);
  if (a.bounds.length !== b.bounds.length || a.bounds.some((bound, i) => bound !== b.bounds[i])) return undefined;
  const counts = Array.from(a.counts, (n, i) => n + b.counts[i]!);
  return { bounds: a.bounds, counts, sum: a.sum + b.sum };
}

/** Gauges never add up: where several scopes meet in one series, each gets its `otel_scope_name`. */
function keepScopesApart(family: Family): void {
  for (const [labels, first] of [...family.series]) {
    if (first.others === undefined) continue;
    family.series.delete(labels);
    for (const series of [first, ...first.others.values()]) {
      family.series.set(scopedLabelText(series.attributes, series.scope), series);
    }
  }
}
