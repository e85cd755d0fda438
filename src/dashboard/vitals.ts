/** What may be the limit, and how near it is: pure. */
import type { State, TrackId, Vital } from './feed.ts';

/**
 * From which on a vital is a warning, and critical. Reasons:
 *
 * - `eventloop`: a queue in front of one server grows as 1 / (1 - utilization): at 0.7 a request waits for about twice
 *   its own time, at 0.9 for nine times, and every burst is felt.
 * - `cpu`: likewise, of all cores together: with several of them the knee comes later.
 * - `throttled`: share of the periods in which the quota was used up. Each holds all threads back for up to 100 ms: from
 *   one in twenty on the p95 shows it.
 * - `memory`: V8 collects more and more often from 0.8 of its heap on, and the kernel kills at 1 of the container's limit.
 * - `threadpool`: s that a no-op waits for a free thread. File, DNS and crypto calls wait as long: 10 ms is more than
 *   most of them take, 100 ms is felt by people.
 * - `queue`: s, p99, in front of the app. 50 ms is beyond what a healthy front end adds, 500 ms is felt by people.
 * - `backlog`: share of the listen queue: it is empty unless the app does not accept. Full, connections are dropped.
 */
export const THRESHOLDS = {
  eventloop: { warning: 0.7, critical: 0.9 },
  cpu: { warning: 0.8, critical: 0.95 },
  throttled: { warning: 0.05, critical: 0.25 },
  memory: { warning: 0.8, critical: 0.95 },
  threadpool: { warning: 0.01, critical: 0.1 },
  queue: { warning: 0.05, critical: 0.5 },
  backlog: { warning: 0.1, critical: 0.5 },
} as const;

export interface VitalsInput {
  /** s that a loop has been blocked now, whatever its mean says; null: none is. */
  readonly blocked: number | null;
  /** Mean over the trailing half minute; null: not known. */
  recent(track: TrackId): number | null;
  /** Share of the periods in which the CPU quota was used up; null: there is none. */
  readonly throttled: number | null;
  readonly hasQuota: boolean;
  /** The fullest heap's share of its limit: of what survives a collection, where that is known; null: unknown. */
  readonly heapShare: number | null;
  /** The fullest listen queue, and its limit. */
  readonly backlog: { readonly queue: number; readonly limit: number } | undefined;
}

export function vitalsOf(input: VitalsInput): Vital[] {
  return [eventLoop(input), cpu(input), memory(input), threadPool(input), queue(input), backlog(input)];
}

function eventLoop({ recent, blocked }: VitalsInput): Vital {
  const used = recent('eventloop/utilization');
  const base = { id: 'eventloop', label: 'Event loop', track: 'eventloop/utilization' } as const;
  if (blocked !== null) return { ...base, state: 'critical', text: `blocked for ${duration(blocked)}`, used: 1 };
  const text = used === null ? 'not known yet' : `${percent(used)} busy`;
  return { ...base, ...of(base.id, base.label, used, text) };
}

function cpu({ recent, throttled, hasQuota }: VitalsInput): Vital {
  const [cores, limit] = [recent('cpu/total'), recent('cpu/limit')];
  const base = { id: 'cpu', label: 'CPU', track: 'cpu/total' } as const;
  if (cores === null || limit === null) return { ...base, state: 'unknown', text: 'not known yet', used: null };
  const used = cores / limit;
  const whose = hasQuota ? 'of the quota' : 'of the machine';
  const held = throttled !== null && throttled >= THRESHOLDS.throttled.warning;
  const text = `${number(cores)} of ${number(limit)} cores${held ? `, held back in ${percent(throttled)} of the time` : ''}`;
  const state = worse(stateOf('cpu', used), throttled === null ? 'good' : stateOf('throttled', throttled));
  return { ...base, state, text: held ? text : `${text}, ${percent(used)} ${whose}`, used };
}

function memory({ recent, heapShare }: VitalsInput): Vital {
  const [rss, container] = [recent('memory/rss'), recent('memory/limit-container')];
  const shareOfContainer = rss !== null && container !== null && container > 0 ? rss / container : null;
  const isContainer = shareOfContainer !== null && shareOfContainer >= (heapShare ?? 0);
  const used = isContainer ? shareOfContainer : heapShare;
  const text = isContainer
    ? `${bytes(rss!)} of ${bytes(container!)}`
    : heapShare === null
      ? 'not known yet'
      : `heap ${percent(heapShare)} of its limit${rss === null ? '' : `, ${bytes(rss)} in all`}`;
  return { ...of('memory', 'Memory', used, text), track: isContainer ? 'memory/rss' : 'memory/heap' };
}

function threadPool({ recent }: VitalsInput): Vital {
  const delay = recent('threadpool/p99');
  const text = delay === null ? 'not known yet' : `${duration(delay)} to get a thread`;
  return { ...of('threadpool', 'Thread pool', delay, text), used: null, track: 'threadpool/p99' };
}

function queue({ recent }: VitalsInput): Vital {
  const wait = recent('queue/p99');
  const text = wait === null ? 'no request with X-Request-Start' : `${duration(wait)} (p99)`;
  return { ...of('queue', 'Queue time', wait, text), used: null, track: 'queue/p99' };
}

function backlog({ backlog: at }: VitalsInput): Vital {
  const used = at && at.limit > 0 ? at.queue / at.limit : null;
  const text = at ? `${at.queue} of ${at.limit} connections` : 'not known here';
  return { ...of('backlog', 'Backlog', used, text), track: 'backlog/queue' };
}

function of<Id extends Vital['id']>(id: Id, label: string, value: number | null, text: string) {
  return { id, label, state: value === null ? ('unknown' as const) : stateOf(id, value), text, used: value };
}

function stateOf(id: keyof typeof THRESHOLDS, value: number): State {
  const { warning, critical } = THRESHOLDS[id];
  return value >= critical ? 'critical' : value >= warning ? 'warning' : 'good';
}

const ORDER: readonly State[] = ['unknown', 'good', 'warning', 'critical'];

export function worse(a: State, b: State): State {
  return ORDER.indexOf(a) >= ORDER.indexOf(b) ? a : b;
}

export function percent(share: number): string {
  return share > 0 && share < 0.01 ? 'under 1 %' : `${Math.round(share * 100)} %`;
}

function number(value: number): string {
  return value.toFixed(value < 10 ? (Number.isInteger(value) ? 0 : 2) : 0);
}

/** `12 ms`, `1.3 s` */
export function duration(seconds: number): string {
  if (seconds < 0.001) return 'under 1 ms';
  return seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
}

/** Powers of 1000, as people say it: `310 MB`. */
export function bytes(value: number): string {
  if (value >= 1e9) return `${(value / 1e9).toFixed(1)} GB`;
  return `${Math.round(value / 1e6)} MB`;
}
