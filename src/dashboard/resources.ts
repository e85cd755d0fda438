/** Tracks of what the processes take: event loops, CPU, memory, garbage collection, thread pool, backlog. Pure. */
import type { Distribution } from './distribution.ts';
import type { TrackId } from './feed.ts';
import type { Interval } from './interval.ts';
import { has, type Lookup } from './lookup.ts';
import type { WorkerRates } from './workers.ts';

type Tracks = Map<TrackId, number | null>;

const THREADS = ['main', 'worker', 'pool', 'v8', 'reporter', 'other'] as const;
const COLLECTIONS = ['minor', 'major', 'incremental', 'weakcb'] as const;
const LIMIT = 'loadline.memory.limit';

/** Puts them all. `cores`: what the machine has. */
export function putResources(
  tracks: Tracks,
  interval: Interval,
  rates: ReadonlyMap<string, WorkerRates>,
  cores: number,
  scratch: Distribution,
): void {
  const { came, now, seconds } = interval;
  const loops = [...rates.values()];
  tracks.set('eventloop/utilization', largest(loops.map(({ utilization }) => utilization)));
  tracks.set('eventloop/delay', largest(loops.map(({ delay }) => delay)));
  const POOL = 'loadline.threadpool.delay';
  tracks.set('threadpool/p99', scratch.clear().add(came.histograms(POOL), now.bounds(POOL)).quantile(0.99));
  for (const thread of THREADS) {
    const spent = came.sum('loadline.thread.cpu.time', has('thread', thread));
    tracks.set(`cpu/${thread}`, spent === null ? null : spent / seconds);
  }
  const all = came.sum('process.cpu.time');
  tracks.set('cpu/total', all === null ? null : all / seconds);
  tracks.set('cpu/limit', now.max('loadline.cpu.limit') ?? cores);
  for (const type of COLLECTIONS) {
    const spent = came.sumOfValues('v8js.gc.duration', has('v8js.gc.type', type));
    tracks.set(`gc/${type}`, spent === null ? null : spent / seconds / Math.max(1, loops.length));
  }
  putMemory(tracks, now);
  putBacklog(tracks, now);
}

function putMemory(tracks: Tracks, now: Lookup): void {
  tracks.set('memory/rss', now.sum('process.memory.usage'));
  tracks.set('memory/heap', now.sum('v8js.memory.heap.used'));
  tracks.set('memory/live', now.sum('loadline.memory.live_heap'));
  tracks.set('memory/external', now.sum('loadline.memory.external'));
  tracks.set('memory/limit-heap', now.sum(LIMIT, has('limit', 'heap')));
  tracks.set('memory/limit-container', now.max(LIMIT, has('limit', 'container')));
}

function putBacklog(tracks: Tracks, now: Lookup): void {
  tracks.set('backlog/queue', sumOfPlaces(now, 'loadline.listen.queue'));
  tracks.set('backlog/limit', sumOfPlaces(now, 'loadline.listen.limit'));
  tracks.set('backlog/unread', now.sum('loadline.sockets.unread'));
}

/** Workers that share a listening socket all tell of the same queue: of each port or path the largest counts. */
export function byPlace(now: Lookup, name: string): Map<string, number> {
  const places = new Map<string, number>();
  for (const { attributes, value } of now.points(name)) {
    if (typeof value !== 'number') continue;
    const place = String(attributes['server.port'] ?? attributes['server.address']);
    places.set(place, Math.max(places.get(place) ?? 0, value));
  }
  return places;
}

function sumOfPlaces(now: Lookup, name: string): number | null {
  const places = [...byPlace(now, name).values()];
  return places.length === 0 ? null : places.reduce((sum, value) => sum + value, 0);
}

export function largest(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.max(...known);
}
