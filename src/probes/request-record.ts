/** The one small record that a request in flight costs, and the list of all of them. */
import type { IncomingMessage } from 'node:http';
import type { Http2Stream } from 'node:http2';
import { HANDLE, RECEIVE, SEND } from '../store/layout.ts';
import type { Slots } from '../store/slots.ts';
import type { HttpMetrics } from './http-metrics.ts';
import { isIgnored } from './ignore.ts';
import { routeOf } from './route.ts';
import { mark } from './startup.ts';

/** What answers: an http.ServerResponse or an Http2Stream. The record reads it only when the request is over. */
export interface Answer {
  /** Of the answer that went out; 0 when none did. */
  status(record: RequestRecord): number;
  /** Whether the client left first. */
  aborted(record: RequestRecord): boolean;
  /** Whether it is a `text/event-stream` that has begun. */
  isEventStream(record: RequestRecord): boolean;
  /** Whether it can't go on, though nothing told of its end. */
  isGone(record: RequestRecord): boolean;
}

/** Times are ms, monotonic; 0 = not yet. */
export class RequestRecord {
  readonly start: number;
  /** Whether a body follows the head: without one there is no receive phase. */
  hasBody = false;
  /** The request's last body byte was read by the app. */
  received = 0;
  /** The app ended its response. */
  handled = 0;
  /** It became an event stream and left the requests in progress. */
  detached = 0;
  /** No longer in the list: its end, or that of the agent, has come. */
  ended = false;
  aborted = false;
  /** The registered pattern, read when the app ended its response: what frameworks leave on the request is exact then. */
  route: string | undefined = undefined;
  readonly method: number;
  readonly scheme: 0 | 1;
  readonly protocol: 0 | 1 | 2;
  slot = -1;
  /** The route that its slot shows, and its age (ms) from which on that is looked at again. */
  shownRoute: string | undefined = undefined;
  lookAt = 0;
  readonly request: IncomingMessage | Http2Stream;
  /** ServerResponse or Http2Stream. */
  readonly response: object;
  readonly answer: Answer;
  previous: RequestRecord | undefined = undefined;
  next: RequestRecord | undefined = undefined;

  constructor(
    start: number,
    method: number,
    scheme: 0 | 1,
    protocol: 0 | 1 | 2,
    request: IncomingMessage | Http2Stream,
    response: object,
    answer: Answer,
  ) {
    this.start = start;
    this.method = method;
    this.scheme = scheme;
    this.protocol = protocol;
    this.request = request;
    this.response = response;
    this.answer = answer;
  }
}

/** ms after which an open request is looked at again. */
const LONG = 1000;

/** Every request in flight, oldest first, from its beginning to its end, each ended once. */
export class Requests {
  readonly #metrics: HttpMetrics;
  readonly #slots: Slots;
  readonly #ignore: readonly string[];
  #first: RequestRecord | undefined;
  #last: RequestRecord | undefined;

  constructor(metrics: HttpMetrics, slots: Slots, ignore: readonly string[]) {
    this.#metrics = metrics;
    this.#slots = slots;
    this.#ignore = ignore;
  }

  /** False when its path is one to ignore: the request is then not followed at all. */
  begin(record: RequestRecord, path: string): boolean {
    if (this.#ignore.length > 0 && isIgnored(pathOf(path), this.#ignore)) return false;
    record.previous = this.#last;
    if (this.#last) this.#last.next = record;
    else this.#first = record;
    this.#last = record;
    record.slot = this.#slots.take(record.start, record.method, path);
    this.#metrics.begin(record);
    return true;
  }

  /** A body follows the head. */
  receives(record: RequestRecord): void {
    record.hasBody = true;
    this.#slots.setPhase(record.slot, RECEIVE);
  }

  /** The app has read the last byte of the body. */
  received(record: RequestRecord, time: number): void {
    record.received = time;
    this.#slots.setPhase(record.slot, HANDLE);
  }

  /** The app ended its response. */
  handled(record: RequestRecord, time: number): void {
    record.handled = time;
    this.#slots.setPhase(record.slot, SEND);
    record.route = routeOf(record.request, record.answer.status(record));
  }

  /**
   * The request is over; a second call for it does nothing. What can't be read of its answer (and throws here) is left
   * out: it is over all the same.
   */
  end(record: RequestRecord, time: number): void {
    if (record.ended) return;
    this.#leave(record);
    let status = 0;
    let { route } = record;
    try {
      record.aborted = record.answer.aborted(record);
      const sent = record.answer.status(record);
      if (!record.aborted) status = sent;
      if (record.handled === 0) route = routeOf(record.request, sent);
    } finally {
      const recorded = this.#ignore.length === 0 || route === undefined || !isIgnored(route, this.#ignore);
      this.#metrics.end(record, time, status, route, recorded);
    }
    mark('firstResponse');
  }

  /**
   * Looks at the requests that have been open for long. Their route is shown while they last. Event streams leave the
   * requests in progress: they are open for hours and do no work. Ends the ones whose end nothing told: the app removed
   * the listeners, or (Node 20, HTTP/2) the client said goodbye in the middle of a large answer.
   */
  review(time: number): void {
    let next: RequestRecord | undefined;
    for (let record = this.#first; record && time - record.start > LONG; record = next) {
      next = record.next;
      if (record.answer.isGone(record)) this.end(record, time);
      else if (record.detached === 0 && record.answer.isEventStream(record)) this.#detach(record, time);
      else if (record.slot >= 0) this.#showRoute(record, time - record.start);
    }
  }

  /** Again at each doubling of its age: it may have gone on to another route. */
  #showRoute(record: RequestRecord, age: number): void {
    if (age < record.lookAt) return;
    record.lookAt = 2 * age;
    const route = record.handled > 0 ? record.route : routeOf(record.request, record.answer.status(record));
    if (route === undefined || route === record.shownRoute) return;
    record.shownRoute = route;
    this.#slots.setRoute(record.slot, route);
  }

  #detach(record: RequestRecord, time: number): void {
    this.#slots.release(record.slot);
    record.slot = -1;
    this.#metrics.detach(record, time);
  }

  /** The agent stops: what is still open will not be counted, and is not active any more. */
  abandon(time: number): void {
    for (let record = this.#first; record; record = this.#first) {
      this.#leave(record);
      this.#metrics.end(record, time, 0, undefined, false);
    }
  }

  #leave(record: RequestRecord): void {
    record.ended = true;
    this.#slots.release(record.slot);
    if (record.previous) record.previous.next = record.next;
    else this.#first = record.next;
    if (record.next) record.next.previous = record.previous;
    else this.#last = record.previous;
    record.previous = undefined;
    record.next = undefined;
  }
}

function pathOf(target: string): string {
  const query = target.indexOf('?');
  return query < 0 ? target : target.slice(0, query);
}
