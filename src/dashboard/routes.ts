/** The table of routes: what each took over the trailing minute, and its tracks. Pure but for what it remembers. */
import type { HistogramPoint, Point } from '../snapshot/snapshot.ts';
import { countOf } from '../snapshot/snapshot.ts';
import type { Distribution, Sparse } from './distribution.ts';
import type { RouteRow, TrackId } from './feed.ts';
import { Ids } from './ids.ts';
import type { Interval } from './interval.ts';
import { Kept } from './kept.ts';
import { ABORTED, classOf, DURATION } from './traffic.ts';

/** Intervals that make the trailing minute. */
const MINUTE = 12;
/** Routes that have tracks, that are listed, and that are known at all. */
export const KEPT_ROUTES = 200;
export const LISTED_ROUTES = 500;
const KNOWN_ROUTES = 2000;

/** What came of a route in one interval. */
interface Came {
  readonly interval: number;
  readonly seconds: number;
  readonly count: number;
  readonly sum: number;
  readonly errors: number;
  readonly aborted: number;
  readonly cells: Sparse;
}

interface Route {
  readonly id: string;
  readonly method: string;
  readonly route: string | null;
  requests: number;
  came: Came[];
}

/** CPU seconds on the event loop per request, by route's id; null where it cannot be told. */
export type Costs = ReadonlyMap<string, number | null>;

export class Routes {
  readonly #ids = new Ids('r', 2 * KNOWN_ROUTES);
  readonly #kept = new Kept(KEPT_ROUTES);
  /** By method and pattern. */
  #routes = new Map<string, Route>();
  /** s, of the last `MINUTE` intervals. */
  #seconds: number[] = [];
  #interval = 0;

  /** Takes in an interval and puts the tracks `route/`. Returns what came, by route's id. */
  record(
    tracks: Map<TrackId, number | null>,
    interval: Interval,
    point: number,
    scratch: Distribution,
  ): Map<string, Came> {
    this.#interval++;
    this.#seconds = [...this.#seconds, interval.seconds].slice(-MINUTE);
    this.#follow(interval.now.points(DURATION));
    const all = new Map<string, Came>();
    for (const [key, points] of grouped(interval.came.points(DURATION))) {
      const route = this.#routes.get(key);
      const count = points.reduce((sum, { value }) => sum + countOf(value), 0);
      if (!route || count === 0) continue;
      scratch.clear().add(
        points.map(({ value }) => value),
        interval.now.bounds(DURATION),
      );
      const came: Came = {
        ...{ interval: this.#interval, seconds: interval.seconds, count, sum: scratch.sum, cells: scratch.sparse() },
        errors: countWhere(points, '5xx'),
        aborted: countWhere(points, ABORTED),
      };
      route.came = [...route.came.filter(({ interval: at }) => at > this.#interval - MINUTE), came];
      all.set(route.id, came);
      if (this.#kept.take(route.id, point)) putTracks(tracks, route.id, came, scratch);
    }
    this.#putQuiet(tracks, all);
    return all;
  }

  /** Whether a route has tracks. */
  isKept(id: string): boolean {
    return this.#kept.has(id);
  }

  /** Routes whose tracks are over since the last call. */
  dropped(): readonly string[] {
    return this.#kept.dropped();
  }

  /** Busiest first. */
  rows(costs: Costs, scratch: Distribution): { readonly rows: RouteRow[]; readonly leftOut: number } {
    const seconds = this.#seconds.reduce((sum, each) => sum + each, 0);
    const oldest = this.#interval - MINUTE;
    const all = [...this.#routes.values()].map((route) => {
      route.came = route.came.filter(({ interval }) => interval > oldest);
      return { route, count: route.came.reduce((sum, { count }) => sum + count, 0) };
    });
    const total = all.reduce((sum, { count }) => sum + count, 0);
    all.sort((a, b) => b.count - a.count || b.route.requests - a.route.requests);
    const rows = all
      .slice(0, LISTED_ROUTES)
      .map(({ route, count }) => rowOf(route, count, total, seconds, costs.get(route.id) ?? null, scratch));
    return { rows, leftOut: Math.max(0, all.length - LISTED_ROUTES) };
  }

  /** What is there now, with what it had before. */
  #follow(points: readonly Point[]): void {
    const routes = new Map<string, Route>();
    for (const [key, series] of grouped(points)) {
      if (routes.size === KNOWN_ROUTES) break;
      const known = this.#routes.get(key);
      const requests = series.reduce((sum, { value }) => sum + countOf(value), 0);
      const { method, route } = nameOf(series[0]!.attributes);
      routes.set(key, { id: this.#ids.of(key), method, route, requests, came: known?.came ?? [] });
    }
    this.#routes = routes;
  }

  /** A route with tracks that had no request in this interval had a rate of 0. */
  #putQuiet(tracks: Map<TrackId, number | null>, all: ReadonlyMap<string, Came>): void {
    for (const { id } of this.#routes.values()) {
      if (all.has(id) || !this.#kept.has(id)) continue;
      tracks.set(`route/${id}/rate`, 0);
      tracks.set(`route/${id}/errors`, 0);
    }
  }
}

type Series = Point & { readonly value: HistogramPoint };

function grouped(points: readonly Point[]): Map<string, Series[]> {
  const groups = new Map<string, Series[]>();
  for (const point of points) {
    if (typeof point.value === 'number') continue;
    const { method, route } = nameOf(point.attributes);
    const key = `${method} ${route ?? ''}`;
    const group = groups.get(key);
    if (group) group.push(point as Series);
    else groups.set(key, [point as Series]);
  }
  return groups;
}

/** What went over the limit of series is one more route, which no pattern looks like. */
function nameOf(attributes: Point['attributes']): { readonly method: string; readonly route: string | null } {
  if ('otel.metric.overflow' in attributes) return { method: '*', route: '(over the limit of series)' };
  const route = attributes['http.route'];
  return {
    method: String(attributes['http.request.method'] ?? '_OTHER'),
    route: route === undefined ? null : String(route),
  };
}

function countWhere(points: readonly Series[], name: string): number {
  return points.reduce((sum, { attributes, value }) => sum + (classOf(attributes) === name ? countOf(value) : 0), 0);
}

function putTracks(tracks: Map<TrackId, number | null>, id: string, came: Came, scratch: Distribution): void {
  tracks.set(`route/${id}/rate`, came.count / came.seconds);
  tracks.set(`route/${id}/errors`, came.errors / came.seconds);
  for (const q of [50, 90, 99]) tracks.set(`route/${id}/p${q}`, scratch.quantile(q / 100));
}

function rowOf(
  { id, method, route, requests, came }: Route,
  count: number,
  total: number,
  seconds: number,
  cpu: number | null,
  scratch: Distribution,
): RouteRow {
  scratch.clear();
  for (const { cells } of came) scratch.addSparse(cells);
  const sum = (of: (each: Came) => number) => came.reduce((all, each) => all + of(each), 0);
  const perSecond = (value: number) => (seconds > 0 ? value / seconds : 0);
  return {
    ...{ id, method, route, requests },
    rate: perSecond(count),
    share: total > 0 ? count / total : 0,
    p50: scratch.quantile(0.5),
    p90: scratch.quantile(0.9),
    p99: scratch.quantile(0.99),
    errors: perSecond(sum(({ errors }) => errors)),
    aborted: perSecond(sum(({ aborted }) => aborted)),
    cpu,
    nature: natureOf(cpu, count > 0 ? sum((each) => each.sum) / count : null),
  };
}

/** A request that computes for over half of its time is limited by the CPU, whatever else it does. */
function natureOf(cpu: number | null, mean: number | null): RouteRow['nature'] {
  if (cpu === null || mean === null || mean <= 0) return null;
  return cpu > mean / 2 ? 'cpu' : 'waiting';
}
