/** What happened between two scrapes: differences, rates and quantiles. Pure. */
import type { Sample } from './scrape.ts';

export interface Scrape {
  /** Seconds on any steady clock. */
  readonly time: number;
  readonly samples: readonly Sample[];
}

/** A histogram's growth: `counts[i]` values were at most `bounds[i]` seconds, cumulative in `bounds`; the last is +Inf. */
export interface Buckets {
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
}

export interface RouteLine {
  /** `GET /api/products/:id`. */
  readonly route: string;
  readonly requests: number;
  /** Requests answered with 500 or more. */
  readonly errors: number;
  /** Seconds, all requests together. */
  readonly time: number;
  readonly buckets: Buckets;
}

export interface Interval {
  readonly seconds: number;
  readonly requests: number;
  readonly routes: readonly RouteLine[];
  readonly queue: Buckets;
  /** Seconds that the event loop worked and waited. */
  readonly active: number;
  readonly idle: number;
  /** Seconds of CPU, all threads. */
  readonly cpu: number;
  /** As of the later scrape; NaN when it does not show it. */
  readonly inFlight: number;
  readonly rss: number;
}

const REQUESTS = 'http_server_request_duration_seconds';
const QUEUE = 'loadline_http_queue_duration_seconds';

/** What the counters of `to` grew by since `from`; one that fell was reset and counts from zero. */
export function between(from: Scrape, to: Scrape): Interval {
  const grown = growth(from.samples, to.samples);
  const routes = routeLines(grown.filter((sample) => sample.name.startsWith(REQUESTS)));
  const loop = grown.filter((sample) => sample.name === 'nodejs_eventloop_time_seconds_total');
  return {
    seconds: to.time - from.time,
    requests: routes.reduce((sum, line) => sum + line.requests, 0),
    routes,
    queue: toBuckets(grown.filter((sample) => sample.name === `${QUEUE}_bucket`)),
    active: total(loop.filter((sample) => sample.labels.nodejs_eventloop_state === 'active')),
    idle: total(loop.filter((sample) => sample.labels.nodejs_eventloop_state === 'idle')),
    cpu: total(grown.filter((sample) => sample.name === 'process_cpu_time_seconds_total')),
    inFlight: present(to.samples, 'http_server_active_requests'),
    rss: present(to.samples, 'process_memory_usage_bytes'),
  };
}

/** Quantile `q` in seconds, interpolated within its bucket; the highest bound when above it; NaN without values. */
export function quantile(q: number, { bounds, counts }: Buckets): number {
  const rank = q * (counts.at(-1) ?? 0);
  if (rank === 0) return Number.NaN;
  const index = counts.findIndex((count) => count >= rank);
  const upper = bounds[index];
  if (upper === undefined || upper === Number.POSITIVE_INFINITY) return bounds.at(-2) ?? Number.NaN;
  const lower = bounds[index - 1] ?? 0;
  const below = counts[index - 1] ?? 0;
  return lower + (upper - lower) * ((rank - below) / (counts[index]! - below));
}

function growth(from: readonly Sample[], to: readonly Sample[]): Sample[] {
  const before = new Map(from.map((sample) => [identity(sample), sample.value]));
  return to.map((sample) => {
    const old = before.get(identity(sample)) ?? 0;
    return { ...sample, value: sample.value < old ? sample.value : sample.value - old };
  });
}

function identity({ name, labels }: Sample): string {
  return JSON.stringify([name, ...Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))]);
}

function total(samples: readonly Sample[]): number {
  return samples.reduce((sum, sample) => sum + sample.value, 0);
}

function present(samples: readonly Sample[], name: string): number {
  const found = samples.filter((sample) => sample.name === name);
  return found.length > 0 ? total(found) : Number.NaN;
}

/** Adds up histogram series bucket by bucket. */
function toBuckets(samples: readonly Sample[]): Buckets {
  const sums = new Map<number, number>();
  for (const { labels, value } of samples) {
    const bound = labels.le === '+Inf' ? Number.POSITIVE_INFINITY : Number(labels.le);
    sums.set(bound, (sums.get(bound) ?? 0) + value);
  }
  const bounds = [...sums.keys()].sort((a, b) => a - b);
  return { bounds, counts: bounds.map((bound) => sums.get(bound)!) };
}

function routeLines(samples: readonly Sample[]): RouteLine[] {
  const groups = new Map<string, Sample[]>();
  for (const sample of samples) {
    const route = `${sample.labels.http_request_method} ${sample.labels.http_route || '(no route)'}`;
    const group = groups.get(route);
    if (group) group.push(sample);
    else groups.set(route, [sample]);
  }
  const lines = [...groups].map(([route, group]) => toLine(route, group));
  return lines.filter((line) => line.requests > 0).sort((a, b) => b.requests - a.requests);
}

function toLine(route: string, samples: readonly Sample[]): RouteLine {
  const counts = samples.filter((sample) => sample.name.endsWith('_count'));
  const failed = counts.filter((sample) => Number(sample.labels.http_response_status_code) >= 500);
  return {
    route,
    requests: total(counts),
    errors: total(failed),
    time: total(samples.filter((sample) => sample.name.endsWith('_sum'))),
    buckets: toBuckets(samples.filter((sample) => sample.name.endsWith('_bucket'))),
  };
}
