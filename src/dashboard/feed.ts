/**
 * What the page and `loadline top` read: JSON of the reporter's server, guarded like `/findings`. Types only. Times are
 * epoch ms, durations seconds, sizes bytes, rates per second, shares 0 to 1; null is what is not known.
 *
 * - `GET /now`: `Now`.
 * - `GET /history?step=5&tracks=a,b`: `History`. `tracks`: ids, or prefixes that end in `*`; default: all but those of
 *   routes and series.
 * - `GET /series`: `SeriesList`.
 * - `GET /live`: server-sent events: `now` with `Now` each second, `point` with `TrackPoint` every 5 s, `findings` with
 *   `Finding[]` at first and when one changed.
 */
import type { Attributes, MetricKind } from '../snapshot/metric.ts';

/**
 * Names of tracks, numbers over time. `<w>` is a worker's label, `<r>` a route's id, `<s>` a series' id.
 *
 * ```
 * requests/{1xx,2xx,3xx,4xx,5xx,aborted}       1/s
 * requests/inflight                            requests
 * duration/{p50,p90,p99}, queue/{p50,p99}      s, of the interval
 * phase/{queue,receive,handle,send}            s per request, means that stack
 * eventloop/utilization                        share, the busiest worker's
 * eventloop/delay                              s, p99, the worst worker's
 * threadpool/p99                               s
 * cpu/{main,worker,pool,v8,reporter,other}     cores, by kind of thread
 * cpu/total                                    cores, of all threads
 * cpu/limit                                    cores, the quota or what the machine has
 * memory/{rss,heap,live,external}              B, summed over processes
 * memory/{limit-heap,limit-container}          B
 * gc/{minor,major,incremental,weakcb}          share of the time
 * backlog/{queue,limit,unread}                 connections
 * worker/<w>/{utilization,delay,inflight,rss,heap,cpu}
 * route/<r>/{rate,errors,p50,p90,p99}
 * series/<s>/{value,p50,p99}                   a counter's is its rate, a histogram's value the rate of its count
 * ```
 */
export type TrackId = string;

export interface TrackPoint {
  readonly time: number;
  /** Of the tracks that `GET /history` has by default. */
  readonly values: Readonly<Record<TrackId, number | null>>;
}

/** Seconds between two points. The last hour is kept at 5 s, the last day at 60 s. */
export type Step = 5 | 60;

export interface History {
  readonly step: Step;
  /** Of the points, oldest first, evenly spaced. */
  readonly times: readonly number[];
  readonly tracks: Readonly<Record<TrackId, Values>>;
}

export interface Values {
  /** As many as there are times. At 60 s: means. */
  readonly values: readonly (number | null)[];
  /** At 60 s only: the largest of each minute, so that no peak is lost. */
  readonly peaks?: readonly (number | null)[];
}

export type State = 'good' | 'warning' | 'critical' | 'unknown';

/** One resource that may be the limit. */
export interface Vital {
  readonly id: 'eventloop' | 'cpu' | 'memory' | 'threadpool' | 'queue' | 'backlog';
  /** As people call it: `Event loop`. */
  readonly label: string;
  readonly state: State;
  /** In a few words: `42 % busy`, `310 MB of 512 MB`, or why it is not known. */
  readonly text: string;
  /** How much of what there is is used, 0 to 1 and above; null where there is no such limit. */
  readonly used: number | null;
  /** Whose history is its sparkline. */
  readonly track: TrackId;
}

export interface WorkerRow {
  /** As in `loadline.worker`; `main` where the process has none. */
  readonly worker: string;
  readonly pid: number | null;
  /** It is a thread of that worker. */
  readonly threadOf: string | null;
  readonly state: 'running' | 'stalled' | 'stopped' | 'missing' | 'ended';
  /** Of the present state, epoch ms. */
  readonly since: number | null;
  readonly utilization: number | null;
  /** p99 over the trailing minute. */
  readonly delay: number | null;
  /** Cores; of a thread null. */
  readonly cpu: number | null;
  readonly rss: number | null;
  readonly heapUsed: number | null;
  readonly heapLimit: number | null;
  readonly inFlight: number | null;
  readonly uptime: number | null;
}

export interface RouteRow {
  /** Stable for as long as the reporter lives; in the ids of its tracks. */
  readonly id: string;
  readonly method: string;
  /** The registered pattern; null for requests that no route took. */
  readonly route: string | null;
  /** Since the process started. */
  readonly requests: number;
  /** The rest is over the trailing minute. */
  readonly rate: number;
  /** Of all requests. */
  readonly share: number;
  readonly p50: number | null;
  readonly p90: number | null;
  readonly p99: number | null;
  /** Status 500 and up, per second. */
  readonly errors: number;
  readonly aborted: number;
  /** CPU seconds on the event loop per request, an estimate; null where it cannot be told from other routes'. */
  readonly cpu: number | null;
  /** From `cpu` and the mean duration. */
  readonly nature: 'cpu' | 'waiting' | null;
}

export interface Now {
  readonly time: number;
  readonly service: string;
  /** Of the agent. */
  readonly version: string;
  readonly node: string;
  readonly host: string;
  readonly pid: number;
  readonly uptime: number;
  /** The answer to "is it healthy, and what is the limit?", in one sentence. */
  readonly verdict: { readonly state: State; readonly text: string };
  readonly vitals: readonly Vital[];
  /** Over the trailing 5 s: null without requests. */
  readonly traffic: {
    readonly rate: number;
    readonly errors: number;
    readonly inFlight: number;
    readonly p50: number | null;
    readonly p99: number | null;
    readonly queueP99: number | null;
  };
  readonly workers: readonly WorkerRow[];
  /** Busiest first, at most 500. */
  readonly routes: readonly RouteRow[];
  /** Routes that are not listed. */
  readonly routesLeftOut: number;
  /** Findings that go on. */
  readonly openFindings: number;
}

export interface SeriesRow {
  readonly id: string;
  readonly scope: string;
  readonly name: string;
  readonly kind: MetricKind;
  readonly unit: string;
  readonly description: string;
  readonly attributes: Attributes;
  /** A histogram's: the mean since it began. */
  readonly value: number | null;
  /** There are tracks of it; the number of series with history is limited. */
  readonly isKept: boolean;
}

export interface SeriesList {
  readonly series: readonly SeriesRow[];
  readonly leftOut: number;
}
