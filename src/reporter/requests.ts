/** The requests in flight of all threads, as `GET /requests` lists them: what each map tells, also of a blocked thread. */
import { epochOf } from '../clock.ts';
import type { InFlight } from '../store/reader.ts';
import type { LivingMap } from './maps.ts';
import type { ListedRequest, RequestList } from './request-list.ts';

export const LISTED = 1000;

/** @param time ms, monotonic */
export function listRequests(maps: Iterable<LivingMap>, time: number): RequestList {
  const found: (InFlight & { readonly worker: string })[] = [];
  let total = 0;
  for (const { worker, map } of maps) {
    const requests = map.inFlight();
    total += Math.max(requests.length, map.header('busyNow'));
    for (const request of requests) found.push({ ...request, worker });
  }
  found.sort((a, b) => a.start - b.start);
  const requests = found.slice(0, LISTED).map(
    ({ worker, method, path, route, phase, start }): ListedRequest => ({
      worker,
      method,
      path,
      route: route ?? null,
      phase,
      age: seconds(time - start),
    }),
  );
  return { time: Math.round(epochOf(time)), total, requests };
}

/** Requests in flight of all threads. */
export function inFlightNow(maps: Iterable<LivingMap>): number {
  let count = 0;
  for (const { map } of maps) count += map.header('busyNow');
  return count;
}

/** Of ms, to the millisecond, never negative. */
export function seconds(ms: number): number {
  return Math.max(0, Math.round(ms)) / 1e3;
}
