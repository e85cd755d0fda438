/** Which charts there are, and what is drawn in them. Pure. */
import type { TrackId } from '../feed.ts';
import type { Unit } from './units.ts';

/** Colours by what they mean or by place; `style.css` has them for light and dark. */
export type Ink = 'blue' | 'sky' | 'green' | 'ochre' | 'red' | 'purple' | 'pink' | 'grey';

export interface Line {
  readonly track: TrackId;
  readonly label: string;
  readonly ink: Ink;
  readonly dashed?: boolean;
  /** Left out while it has nothing but nothing and zeros. */
  readonly rare?: boolean;
  /** A limit: never part of a stack, and drawn only where the rest comes near it. */
  readonly limit?: boolean;
}

export interface Panel {
  readonly id: string;
  readonly title: string;
  /** What it tells, in one sentence. */
  readonly help: string;
  readonly unit: Unit;
  readonly stacked?: boolean;
  /** 0 to 1 always, however little it is. */
  readonly whole?: boolean;
  /** What stands there while there are no numbers. */
  readonly empty: string;
  /** @param tracks that are known */
  readonly lines: (tracks: readonly TrackId[]) => Line[];
}

const NO_REQUESTS = 'No requests in this time.';

export const PANELS: readonly Panel[] = [
  {
    id: 'requests',
    title: 'Requests',
    help: 'Requests per second by status; aborted: the client left first.',
    unit: 'rate',
    stacked: true,
    empty: NO_REQUESTS,
    lines: () => [
      { track: 'requests/2xx', label: '2xx', ink: 'blue' },
      { track: 'requests/3xx', label: '3xx', ink: 'sky', rare: true },
      { track: 'requests/1xx', label: '1xx', ink: 'grey', rare: true },
      { track: 'requests/4xx', label: '4xx', ink: 'ochre', rare: true },
      { track: 'requests/5xx', label: '5xx', ink: 'red', rare: true },
      { track: 'requests/aborted', label: 'aborted', ink: 'purple', rare: true },
    ],
  },
  {
    id: 'duration',
    title: 'Duration',
    help: 'From the arrival of a request at the app to the end of its answer, all routes.',
    unit: 'seconds',
    empty: NO_REQUESTS,
    lines: () => quantiles('duration', ['p50', 'p90', 'p99']),
  },
  {
    id: 'queue',
    title: 'Queue time',
    help: 'How long requests waited before the app saw them, by the front end’s X-Request-Start.',
    unit: 'seconds',
    empty: 'No front end stamps requests with X-Request-Start, so what they waited before the app is not known.',
    lines: () => quantiles('queue', ['p50', 'p99']),
  },
  {
    id: 'phases',
    title: 'Where time goes',
    help: 'Mean time per request: in the queue, receiving its body, in the app’s code and what that waits for, sending.',
    unit: 'seconds',
    stacked: true,
    empty: NO_REQUESTS,
    lines: () => [
      { track: 'phase/queue', label: 'queue', ink: 'ochre', rare: true },
      { track: 'phase/receive', label: 'receive', ink: 'purple' },
      { track: 'phase/handle', label: 'handle', ink: 'blue' },
      { track: 'phase/send', label: 'send', ink: 'green' },
    ],
  },
  {
    id: 'inflight',
    title: 'In flight',
    help: 'Requests that the app has begun and not yet answered.',
    unit: 'count',
    empty: NO_REQUESTS,
    lines: (tracks) => [
      { track: 'requests/inflight', label: 'in flight', ink: 'blue' },
      ...perWorker(tracks, 'inflight'),
    ],
  },
  {
    id: 'backlog',
    title: 'Backlog',
    help: 'Connections that wait in the kernel: not yet accepted (queue), or with bytes that the app has not read.',
    unit: 'count',
    empty: 'What waits in the kernel is known on Linux only, and while the app listens.',
    lines: () => [
      { track: 'backlog/queue', label: 'not accepted', ink: 'ochre' },
      { track: 'backlog/unread', label: 'unread', ink: 'blue' },
      { track: 'backlog/limit', label: 'queue limit', ink: 'red', dashed: true, limit: true },
    ],
  },
  {
    id: 'utilization',
    title: 'Event loop utilization',
    help: 'Share of the time in which the loop worked rather than waited; at 100 % it can do no more.',
    unit: 'share',
    whole: true,
    empty: 'Not known yet.',
    lines: (tracks) => workersOr(tracks, 'utilization', 'eventloop/utilization', 'busiest'),
  },
  {
    id: 'delay',
    title: 'Event loop delay, p99',
    help: 'How late the loop is for what is due: what a request waits before its code runs.',
    unit: 'seconds',
    empty: 'Not known yet.',
    lines: (tracks) => workersOr(tracks, 'delay', 'eventloop/delay', 'worst'),
  },
  {
    id: 'threadpool',
    title: 'Thread pool delay, p99',
    help: 'How long work for the thread pool (files, DNS, crypto, zlib) waits before a thread takes it.',
    unit: 'seconds',
    empty: 'Not known yet.',
    lines: () => [{ track: 'threadpool/p99', label: 'p99', ink: 'purple' }],
  },
  {
    id: 'cpu',
    title: 'CPU by thread',
    help: 'CPUs in use, by who uses them; the dashed line is what there is.',
    unit: 'cores',
    stacked: true,
    empty: 'CPU by thread is known on Linux only.',
    lines: () => [
      { track: 'cpu/main', label: 'main', ink: 'blue' },
      { track: 'cpu/worker', label: 'workers', ink: 'sky', rare: true },
      { track: 'cpu/pool', label: 'pool', ink: 'purple' },
      { track: 'cpu/v8', label: 'V8', ink: 'green' },
      { track: 'cpu/reporter', label: 'agent', ink: 'ochre' },
      { track: 'cpu/other', label: 'other', ink: 'grey' },
      { track: 'cpu/limit', label: 'limit', ink: 'red', dashed: true, limit: true },
    ],
  },
  {
    id: 'memory',
    title: 'Memory',
    help: 'Live set: what is left of the heap after a major collection; when it only ever grows, something leaks.',
    unit: 'bytes',
    empty: 'Not known yet.',
    lines: () => [
      { track: 'memory/rss', label: 'RSS', ink: 'blue' },
      { track: 'memory/heap', label: 'heap', ink: 'green' },
      { track: 'memory/live', label: 'live set', ink: 'purple' },
      { track: 'memory/external', label: 'external', ink: 'grey' },
      { track: 'memory/limit-heap', label: 'heap limit', ink: 'red', dashed: true, limit: true },
      { track: 'memory/limit-container', label: 'container limit', ink: 'ochre', dashed: true, limit: true },
    ],
  },
  {
    id: 'gc',
    title: 'Garbage collection',
    help: 'Share of the time that collections took from the app’s thread, by kind.',
    unit: 'share',
    stacked: true,
    empty: 'No garbage was collected in this time.',
    lines: () => [
      { track: 'gc/minor', label: 'minor', ink: 'sky' },
      { track: 'gc/major', label: 'major', ink: 'purple' },
      { track: 'gc/incremental', label: 'incremental', ink: 'green' },
      { track: 'gc/weakcb', label: 'weak callbacks', ink: 'grey', rare: true },
    ],
  },
];

const QUANTILES: Readonly<Record<string, Ink>> = { p50: 'blue', p90: 'green', p99: 'red' };

/** Of one prefix: `duration`, `route/7`. */
export function quantiles(prefix: string, names: readonly string[]): Line[] {
  return names.map((name) => ({ track: `${prefix}/${name}`, label: name, ink: QUANTILES[name] ?? 'grey' }));
}

const INKS: readonly Ink[] = ['blue', 'ochre', 'green', 'purple', 'sky', 'pink', 'red', 'grey'];

/** One line of each worker that has such a track, in order, none of a lone one. */
function perWorker(tracks: readonly TrackId[], name: string): Line[] {
  const workers = tracks.flatMap((track) => {
    const match = /^worker\/(.*)\/([^/]+)$/.exec(track);
    return match?.[2] === name ? [match[1]!] : [];
  });
  if (workers.length < 2) return [];
  return workers
    .sort((a, b) => a.localeCompare(b, undefined, { numeric: true }))
    .map((worker, at) => ({
      track: `worker/${worker}/${name}`,
      label: worker,
      ink: INKS[at % INKS.length]!,
      dashed: at >= INKS.length,
      rare: true,
    }));
}

/** Several workers one by one; of a lone one what is known of all. */
function workersOr(tracks: readonly TrackId[], name: string, all: TrackId, label: string): Line[] {
  const lines = perWorker(tracks, name);
  if (lines.length > 0) return lines.map((line) => ({ ...line, rare: false }));
  return [{ track: all, label: tracks.some((track) => track.startsWith('worker/')) ? 'main' : label, ink: 'blue' }];
}
