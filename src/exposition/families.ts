/** From a snapshot to families that Prometheus accepts: no name twice, no series twice, no value it refuses. Pure. */
import type { Attributes, Metric, MetricKind } from '../snapshot/metric.ts';
import type { HistogramPoint, MetricSnapshot, Point, Snapshot } from '../snapshot/snapshot.ts';
import { labelText, scopedLabelText, stableLabels } from './labels.ts';
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
  /** Label texts, each once. Where `isStable`, the same array as in the last snapshot, if it was the same series there. */
  readonly labels: readonly string[];
  readonly isStable: boolean;
  /** As many, in their order. */
  readonly series: readonly Series[];
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
  const families = new Map<string, Growing>();
  const taken = new Set(['target', 'target_info']);
  const omissions = new Map<string, Omission>();
  for (const one of snapshot.metrics) {
    const family = familyOf(one.metric, families, taken);
    const omit = (reason: string) => count(omissions, one.metric.name, reason);
    if (family !== undefined) family.add(one, omit);
    else for (const _point of one.points) omit(NAME_TAKEN);
  }
  for (const family of families.values()) if (family.kind === 'gauge') family.keepScopesApart();
  return { families: [...families.values()], omissions: [...omissions.values()] };
}

function count(omissions: Map<string, Omission>, metric: string, reason: string): void {
  const known = omissions.get(metric);
  if (known === undefined) omissions.set(metric, { metric, reason, series: 1 });
  else known.series++;
}

/** A family while it is put together. */
class Growing implements Family {
  readonly name: string;
  readonly kind: MetricKind;
  readonly help: string;
  unit: string;
  labels: readonly string[] = [];
  series: Series[] = [];
  isStable = false;
  /** Indexes by label text, once there is more than one metric, or one with doubles. */
  #places: Map<string, number> | undefined;

  constructor({ name, unit }: FamilyName, { kind, help = '' }: Metric) {
    this.name = name;
    this.kind = kind;
    this.help = help;
    this.unit = unit;
  }

  /** `omit` is told what keeps a point out. */
  add(one: MetricSnapshot, omit: (reason: string) => void): void {
    if (this.labels.length === 0 && this.#addFirst(one)) return;
    for (const point of one.points) {
      const problem = this.#addPoint(one, point);
      if (problem !== undefined) omit(problem);
    }
  }

  /** Most families are of one metric, without doubles, and of the same series as in the last snapshot. */
  #addFirst({ metric, scope, points }: MetricSnapshot): boolean {
    const labels = stableLabels(metric, points);
    if (labels === undefined) return false;
    const all: Series[] = [];
    for (const { attributes, value: given } of points) {
      const value = usableValue(metric, given);
      if (value === undefined) return false;
      all.push({ value, attributes, scope: scope.name });
    }
    this.labels = labels;
    this.series = all;
    this.isStable = true;
    return true;
  }

  /** What kept the point out, `undefined` when it is in. */
  #addPoint({ metric, scope }: MetricSnapshot, { attributes, value: given }: Point): string | undefined {
    const value = usableValue(metric, given);
    if (value === undefined) return BAD_VALUE;
    this.#places ??= new Map(this.labels.map((labels, place) => [labels, place]));
    const labels = labelText(attributes, this.kind);
    const series: Series = { value, attributes, scope: scope.name };
    const place = this.#places.get(labels);
    if (place === undefined) this.#push(labels, series, this.#places);
    else {
      const merged = merge(this.series[place]!, series, this.kind);
      if (merged === undefined) return OTHER_BOUNDS;
      this.series[place] = merged;
    }
    return undefined;
  }

  #push(labels: string, series: Series, places: Map<string, number>): void {
    if (this.isStable) this.labels = [...this.labels];
    this.isStable = false;
    (this.labels as string[]).push(labels);
    places.set(labels, this.series.push(series) - 1);
  }

  /** Gauges never add up: where several scopes meet in one series, each gets its `otel_scope_name`. */
  keepScopesApart(): void {
    if (this.series.every(({ others }) => others === undefined)) return;
    const apart = new Map<string, Series>();
    for (const [place, first] of this.series.entries()) {
      if (first.others === undefined) apart.set(this.labels[place]!, first);
    }
    for (const first of this.series) {
      if (first.others === undefined) continue;
      for (const series of [first, ...first.others.values()]) {
        apart.set(scopedLabelText(series.attributes, series.scope), series);
      }
    }
    this.labels = [...apart.keys()];
    this.series = [...apart.values()];
    this.isStable = false;
  }
}

/** `undefined` when another family owns the name, or one of the names of its samples. */
function familyOf(metric: Metric, families: Map<string, Growing>, taken: Set<string>): Growing | undefined {
  const wanted = familyName(metric);
  const known = families.get(wanted.name);
  if (known !== undefined) return fits(known, metric.kind, wanted) ? known : undefined;
  const names = [wanted.name, ...SUFFIXES[metric.kind].map((suffix) => wanted.name + suffix)];
  if (names.some((name) => taken.has(name))) return undefined;
  for (const name of names) taken.add(name);
  const family = new Growing(wanted, metric);
  families.set(wanted.name, family);
  return family;
}

/** Equal names hold equal units; a unit that is missing in one (`a.seconds`) is the other's (`a` in `s`). */
function fits(family: Growing, kind: MetricKind, { unit }: FamilyName): boolean {
  if (family.kind !== kind) return false;
  if (family.unit === '') family.unit = unit;
  return unit === '' || unit === family.unit;
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
