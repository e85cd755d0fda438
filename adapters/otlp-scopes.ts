/** Series that came in by a bridge name their scope in attributes, since one sampler brings those of all. Pure. */
import type { MetricSnapshot, Point } from '../src/snapshot/snapshot.ts';

/** OpenTelemetry, "Prometheus and OpenMetrics Compatibility", "Instrumentation Scope". */
const NAME = 'otel.scope.name';
const VERSION = 'otel.scope.version';

/** Such series go back into the scope that they name, without those attributes; all others stay together. */
export function byScope(snapshot: MetricSnapshot): readonly MetricSnapshot[] {
  if (!snapshot.points.some(namesScope)) return [snapshot];
  const parts = new Map<string, MetricSnapshot & { readonly points: Point[] }>();
  for (const point of snapshot.points) {
    const { [NAME]: name, [VERSION]: version, ...attributes } = point.attributes;
    const isNamed = namesScope(point);
    const key = isNamed ? JSON.stringify([name, version]) : '';
    const scope = isNamed ? { name: String(name), version: version?.toString() } : snapshot.scope;
    const part = parts.get(key) ?? { ...snapshot, scope, points: [] };
    parts.set(key, part);
    part.points.push(isNamed ? { ...point, attributes } : point);
  }
  return [...parts.values()];
}

function namesScope({ attributes }: Point): boolean {
  return typeof attributes[NAME] === 'string' && attributes[NAME] !== '';
}
