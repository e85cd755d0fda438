/** InfluxDB line protocol: `measurement,tag=value field=1,other=2 1700000000000`. Pure. */
import type { Attributes, HistogramPoint, MetricSnapshot, Point, Snapshot } from '../../src/index.ts';

export interface Lines {
  readonly text: string;
  /** Points that are in the text. */
  readonly points: number;
  /** Points that the protocol cannot carry: no name, or a value that is not finite. */
  readonly refused: number;
}

/** One line per point, timestamps in milliseconds. */
export function toLines({ metrics, resource, time }: Snapshot): Lines {
  const common = { service: resource['service.name'] ?? '', instance: resource['service.instance.id'] ?? '' };
  const lines: string[] = [];
  let refused = 0;
  for (const metric of metrics) {
    for (const point of metric.points) {
      const line = toLine(metric, point, common, Math.round(time));
      if (line === undefined) refused++;
      else lines.push(line);
    }
  }
  return { text: lines.map((line) => `${line}\n`).join(''), points: lines.length, refused };
}

function toLine(of: MetricSnapshot, point: Point, common: Attributes, time: number): string | undefined {
  const measurement = escapeText(of.metric.name, /[, ]/g).replace(/^#/, '_');
  const fields = fieldsOf(of.metric.bounds ?? [], point.value);
  if (measurement === '' || fields === undefined) return undefined;
  return `${measurement}${tagsOf({ ...common, ...point.attributes })} ${fields} ${time}`;
}

/** A tag without text cannot be written, and is the same as none. */
function tagsOf(attributes: Attributes): string {
  let tags = '';
  for (const key of Object.keys(attributes).sort()) {
    const [name, value] = [key, String(attributes[key])].map((text) => escapeText(text, /[,= ]/g));
    if (name !== '' && value !== '') tags += `,${name === 'time' ? 'time_' : name}=${value}`;
  }
  return tags;
}

/** The protocol has no escape for control characters, and takes a last backslash for an escape of what follows. */
function escapeText(text: string, special: RegExp): string {
  return text
    .replace(/[\p{Cc}\\\u2028\u2029]/gu, '_')

    .replace(special, '\\$&');
}

function fieldsOf(bounds: readonly number[], value: number | HistogramPoint): string | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? `value=${value}` : undefined;
  let count = 0;
  const buckets: string[] = [];
  for (let i = 0; i < value.counts.length; i++) {
    count += value.counts[i]!;
    buckets.push(`,le_${bounds[i] ?? 'inf'}=${count}`);
  }
  return Number.isFinite(count) && Number.isFinite(value.sum)
    ? `count=${count},sum=${value.sum}${buckets.join('')}`
    : undefined;
}
