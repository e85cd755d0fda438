/** From what a prom-client metric says to what a sampler puts. Pure. */
import type { Attributes, HistogramValue, Metric, MetricKind } from '../src/snapshot/metric.ts';
import type { PromData } from './prom-client-types.ts';

export type Put = (metric: Metric, value: number | HistogramValue, attributes: Attributes) => void;

/** Labels that the registry adds to every series. */
type Labels = Readonly<Record<string, unknown>>;

/**
 * Puts all series of a metric. NaN is no value and is left out.
 *
 * A counter keeps its name without `_total`, which comes back in Prometheus; the others keep theirs. A summary becomes
 * the updowns `<name>_count` and `<name>_sum` and the gauge `<name>` with the attribute `quantile`: as counters they
 * would be `_count_total` in Prometheus, so this keeps every name.
 *
 * @throws TypeError for what is no data of a prom-client metric.
 */
export function putMetric({ name, help, type, values }: PromData, defaults: Labels, put: Put): void {
  if (type === 'histogram') {
    putHistograms({ name, help, type, values }, defaults, put);
    return;
  }
  const kind: MetricKind = type === 'counter' ? 'counter' : 'gauge';
  for (const { value, labels, metricName = name } of values) {
    if (Number.isNaN(value)) continue;
    const part = type === 'summary' && metricName !== name;
    const metric = { name: metricOf(metricName, kind), kind: part ? ('updown' as const) : kind, help };
    put(metric, value, attributesOf(labels, defaults));
  }
}

/** `le` of each bucket → its cumulative count, and the sum. */
interface Buckets {
  readonly attributes: Attributes;
  readonly counts: Map<number, number>;
  sum: number;
}

function putHistograms({ name, help, values }: PromData, defaults: Labels, put: Put): void {
  const series = new Map<string, Buckets>();
  for (const { value, labels = {}, metricName } of values) {
    const { le, ...rest } = labels as { le?: unknown };
    const attributes = attributesOf(rest, defaults);
    const key = JSON.stringify(Object.entries(attributes).sort());
    const buckets = series.get(key) ?? { attributes, counts: new Map(), sum: 0 };
    series.set(key, buckets);
    if (metricName === `${name}_sum`) buckets.sum = value;
    else if (metricName === `${name}_bucket`) buckets.counts.set(le === '+Inf' ? Infinity : Number(le), value);
  }
  for (const { attributes, counts, sum } of series.values()) {
    const les = [...counts.keys()].sort((a, b) => a - b);
    const metric = { name: metricOf(name, 'histogram'), kind: 'histogram' as const, help, bounds: les.slice(0, -1) };
    const own = les.map((le, i) => counts.get(le)! - (i === 0 ? 0 : counts.get(les[i - 1]!)!));
    put(metric, { counts: own, sum }, attributes);
  }
}

/** Prometheus allows a colon and an underscore in front, which metric names here do not have. */
function metricOf(name: string, kind: MetricKind): string {
  const plain = name.replace(/[^A-Za-z0-9_]/g, '_').replace(/^_+/, '');
  return kind === 'counter' && plain.length > '_total'.length ? plain.replace(/_total$/, '') : plain;
}

/** Labels are texts in Prometheus, whatever the app gave. */
function attributesOf(labels: object = {}, defaults: Labels): Attributes {
  const entries = Object.entries({ ...defaults, ...labels }).map(([key, value]) => [key, String(value)] as const);
  return Object.fromEntries(entries);
}
