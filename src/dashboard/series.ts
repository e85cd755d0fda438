/** Every series there is, and tracks of a bounded number of them. Pure but for what it remembers. */
import type { Metric } from '../snapshot/metric.ts';
import { seriesKey } from '../snapshot/series-key.ts';
import type { Sight } from '../snapshot/sight.ts';
import { countOf, type MetricSnapshot, type Point } from '../snapshot/snapshot.ts';
import type { Distribution } from './distribution.ts';
import type { SeriesList, SeriesRow, TrackId } from './feed.ts';
import { Ids } from './ids.ts';
import type { Interval } from './interval.ts';
import { Kept } from './kept.ts';

/** Series that have tracks, and that are listed. */
export const KEPT_SERIES = 300;
export const LISTED_SERIES = 2000;
/** Series that are looked at, of which some come and go. */
const KNOWN_SERIES = 2 * LISTED_SERIES;

/** What Node.js, V8 and the agent tell comes after what the app tells of itself. */
const OURS = /^(http\.server|loadline|v8js|nodejs|process)\./;

export class Series {
  readonly #ids = new Ids('s', 2 * KNOWN_SERIES);
  readonly #kept = new Kept(KEPT_SERIES);

  /** Takes in an interval and puts the tracks `series/`. */
  record(tracks: Map<TrackId, number | null>, interval: Interval, point: number, scratch: Distribution): void {
    let left = KNOWN_SERIES;
    for (const { metric, scope, points } of ranked(interval.changes)) {
      for (const each of points.slice(0, left)) {
        left--;
        const id = this.#ids.of(keyOf(metric, scope, each));
        if (!this.#kept.take(id, point, rankOf(metric))) continue;
        putTracks(tracks, id, metric, each, interval.seconds, scratch);
      }
    }
  }

  /** Series whose tracks are over since the last call. */
  dropped(): readonly string[] {
    return this.#kept.dropped();
  }

  /** The app's own first. */
  list({ metrics }: Pick<Sight, 'metrics'>): SeriesList {
    const series: SeriesRow[] = [];
    let count = 0;
    for (const { metric, scope, points } of ranked(metrics)) {
      count += points.length;
      for (const point of points.slice(0, LISTED_SERIES - series.length)) {
        series.push(this.#row(metric, scope, point));
      }
    }
    return { series, leftOut: count - series.length };
  }

  #row(metric: Metric, scope: MetricSnapshot['scope'], point: Point): SeriesRow {
    const id = this.#ids.of(keyOf(metric, scope, point));
    return {
      id,
      scope: scope.name,
      name: metric.name,
      kind: metric.kind,
      unit: metric.unit ?? '',
      description: metric.help ?? '',
      attributes: point.attributes,
      value: presentValue(point),
      isKept: this.#kept.has(id),
    };
  }
}

function ranked(metrics: readonly MetricSnapshot[]): MetricSnapshot[] {
  return [...metrics].sort((a, b) => rankOf(a.metric) - rankOf(b.metric));
}

function rankOf({ name }: Metric): number {
  return OURS.test(name) ? 1 : 0;
}

/** Gauges of two scopes may have one name; sums belong to whoever had them first, which may change. */
function keyOf({ name, kind }: Metric, scope: MetricSnapshot['scope'], { attributes }: Point): string {
  return `${kind === 'gauge' ? scope.name : ''}\n${name}\n${seriesKey(attributes)}`;
}

function presentValue({ value }: Point): number | null {
  if (typeof value === 'number') return value;
  const count = countOf(value);
  return count === 0 ? null : value.sum / count;
}

function putTracks(
  tracks: Map<TrackId, number | null>,
  id: string,
  metric: Metric,
  { value }: Point,
  seconds: number,
  scratch: Distribution,
): void {
  if (typeof value === 'number') {
    tracks.set(`series/${id}/value`, metric.kind === 'counter' ? value / seconds : value);
    return;
  }
  scratch.clear().add([value], metric.bounds ?? []);
  tracks.set(`series/${id}/value`, scratch.count / seconds);
  for (const q of [50, 99]) tracks.set(`series/${id}/p${q}`, scratch.quantile(q / 100));
}
