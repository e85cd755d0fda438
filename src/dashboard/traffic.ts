/** Tracks of requests: how many, how long, where the time goes. Pure. */

import type { Distribution } from './distribution.ts';
import type { TrackId } from './feed.ts';
import type { Interval } from './interval.ts';
import { has, type Lookup } from './lookup.ts';

export const DURATION = 'http.server.request.duration';
export const QUEUE = 'loadline.http.queue.duration';
const PHASE = 'loadline.http.phase.duration';
const ACTIVE = 'http.server.active_requests';
const STATUS = 'http.response.status_code';
/** What an aborted request has as `error.type`. */
export const ABORTED = 'aborted';

const CLASSES = ['1xx', '2xx', '3xx', '4xx', '5xx', ABORTED] as const;
const PHASES = ['receive', 'handle', 'send'] as const;

/** Puts the tracks `requests/`, `duration/`, `queue/` and `phase/`. `scratch`: used for what is added up. */
export function putTraffic(tracks: Map<TrackId, number | null>, interval: Interval, scratch: Distribution): void {
  const { came, now, seconds } = interval;
  const isServing = now.points(DURATION).length > 0 || now.points(ACTIVE).length > 0;
  if (!isServing) return;
  const counts = countsByClass(came);
  for (const name of CLASSES) tracks.set(`requests/${name}`, (counts.get(name) ?? 0) / seconds);
  tracks.set('requests/inflight', now.sum(ACTIVE));
  scratch.clear().add(came.histograms(DURATION), now.bounds(DURATION));
  const requests = scratch.count;
  for (const q of [50, 90, 99]) tracks.set(`duration/p${q}`, scratch.quantile(q / 100));
  scratch.clear().add(came.histograms(QUEUE), now.bounds(QUEUE));
  for (const q of [50, 99]) tracks.set(`queue/p${q}`, scratch.quantile(q / 100));
  if (requests === 0) return;
  tracks.set('phase/queue', scratch.sum / requests);
  for (const phase of PHASES) {
    tracks.set(`phase/${phase}`, (came.sumOfValues(PHASE, has('phase', phase)) ?? 0) / requests);
  }
}

/** Of what a request counts in: its class of status, `aborted`, or undefined without an answer. */
export function classOf(attributes: { readonly [key: string]: unknown }): string | undefined {
  if (attributes['error.type'] === ABORTED) return ABORTED;
  const status = Number(attributes[STATUS]);
  return status >= 100 && status < 600 ? `${Math.floor(status / 100)}xx` : undefined;
}

function countsByClass(came: Lookup): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { attributes, value } of came.points(DURATION)) {
    const name = classOf(attributes);
    if (name === undefined || typeof value === 'number') continue;
    let count = counts.get(name) ?? 0;
    for (let i = 0; i < value.counts.length; i++) count += value.counts[i]!;
    counts.set(name, count);
  }
  return counts;
}
