/** From a snapshot to what the official exporters take. Pure. */
import type { ScopeMetrics } from '@opentelemetry/sdk-metrics';
import { type Attributes, attributesKey } from '../src/snapshot/metric.ts';
import type { MetricSnapshot, Point, Snapshot } from '../src/snapshot/snapshot.ts';
import { type Mapping, metricData, type Vocabulary } from './otlp-data.ts';
import { byScope } from './otlp-scopes.ts';
import { cleanAttributes, isUsable, problemOfName, wellFormed } from './otlp-values.ts';

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

/** One `ScopeMetrics` per scope, in the order of the snapshot. */
export function toScopeMetrics(snapshot: Snapshot, mapping: Mapping, vocabulary: Vocabulary): Mapped {
  const scopes = new Map<string, ScopeMetrics>();
  const omissions: Omission[] = [];
  let points = 0;
  for (const one of snapshot.metrics.flatMap(byScope)) {
    const usable = usablePoints(one, omissions);
    if (usable.length === 0) continue;
    scopeOf(scopes, one).metrics.push(...metricData(one.metric, usable, snapshot.time, mapping, vocabulary));
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
