/**
 * HTTP/1.x servers, from Node's own `http.server.request.start` channel to `http.server.response.finish`, or to the
 * socket's `'close'`: a response that does not finish takes its connection with it.
 *
 * Per request: two channel callbacks, one listener on the response ('prefinish'), one on the request where a body
 * follows, one record. Per socket: one `'close'` listener. Listeners are shared functions. None of them throws into the
 * app.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { epochOf, now } from '../clock.ts';
import { Slots } from '../store/slots.ts';
import { HTTP_METRICS, HttpMetrics, methodIndex } from './http-metrics.ts';
import { watchHttp2 } from './http2-server.ts';
import { makeRoom } from './listeners.ts';
import type { Probe, ProbeContext } from './probe.ts';
import { type Answer, RequestRecord, Requests } from './request-record.ts';

/**
 * On a socket: records whose response is still open, oldest first. On the socket alone, since a property more on every
 * request and response costs each of them, and Node's own code that handles them.
 */
const OPEN = Symbol('loadline.open');

type Request = IncomingMessage & { readonly socket: FollowedSocket };
/** More than one only under pipelining. */
type FollowedSocket = Socket & { [OPEN]?: RequestRecord[]; readonly encrypted?: boolean };
interface StartMessage {
  readonly request: Request;
  readonly response: ServerResponse & { readonly req: Request };
  readonly socket: FollowedSocket;
}

const answer: Answer = {
  status: ({ response }) => {
    const { headersSent, statusCode } = response as ServerResponse;
    return headersSent ? statusCode : 0;
  },
  aborted: ({ request, response }) => {
    const { writableFinished } = response as ServerResponse;
    return !writableFinished || Boolean((request as Request).socket?.errored);
  },
  isEventStream: ({ response }) => {
    const { headersSent, _header } = response as ServerResponse & { readonly _header?: unknown };
    return headersSent && typeof _header === 'string' && /^content-type:\s*text\/event-stream/im.test(_header);
  },
  isGone: ({ request, response }) =>
    (response as ServerResponse).writableFinished || (request as Request).socket?.destroyed === true,
};

/** What the shared functions need, while the probe runs. Requests that are open when it stops are not counted. */
let current: { readonly requests: Requests; readonly warn: (error: unknown) => void } | undefined;

/**
 * `'close'` comes with `'end'`, or without it when the client left. A listener on `'end'` would change the stacks of
 * errors in the app's own: Node calls a single listener from another line than one of several.
 */
function onBodyClose(this: Request): void {
  const record = recordOf(this, this.socket);
  // What arrives after the answer was waited for by nobody: the request was handled without it.
  if (record && this.readableEnded && record.handled === 0) current?.requests.received(record, now());
}

function onPrefinish(this: StartMessage['response']): void {
  try {
    const record = recordOf(this.req, this.req.socket);
    if (!record) return;
    const time = now();
    // Answered from within its 'end': its 'close' is yet to come.
    if (record.hasBody && record.received === 0 && this.req.readableEnded) record.received = time;
    current?.requests.handled(record, time);
  } catch (error) {
    current?.warn(error);
  }
}

function onFinish(message: unknown): void {
  const { request, socket } = message as StartMessage;
  const record = recordOf(request, socket);
  if (!record) return;
  const open = socket[OPEN]!;
  if (open.length === 1) open.pop();
  else open.splice(open.indexOf(record), 1);
  finish(record);
}

function recordOf(request: Request, socket: FollowedSocket | null): RequestRecord | undefined {
  const open = socket?.[OPEN];
  if (open === undefined) return undefined;
  for (let i = 0; i < open.length; i++) if (open[i]!.request === request) return open[i];
  return undefined;
}

/** Every response that has not finished, those queued behind it included, ends with its socket. */
function onSocketClose(this: FollowedSocket): void {
  for (let record = this[OPEN]?.pop(); record; record = this[OPEN]?.pop()) finish(record);
}

function finish(record: RequestRecord): void {
  try {
    current?.requests.end(record, now());
  } catch (error) {
    current?.warn(error);
  }
}

/** `received` of requests without a body stays 0: they have no receive phase. */
interface Head {
  hasBody: boolean;
  queueStart: string | undefined;
}

/** By the length of a header's name: 1 where `readHead` has to look at it. */
function lengthsOf(queueHeaders: readonly string[]): Uint8Array {
  const lengths = ['content-length', 'transfer-encoding', ...queueHeaders].map((name) => name.length);
  const wanted = new Uint8Array(Math.max(...lengths) + 1);
  for (const length of lengths) wanted[length] = 1;
  return wanted;
}

/** Reads the raw header list: the parsed one is made lazily, and would be made here for every request. */
function readHead(raw: readonly string[], queueHeaders: readonly string[], lengths: Uint8Array): Head {
  const head: Head = { hasBody: false, queueStart: undefined };
  let best = queueHeaders.length;
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!;
    if (lengths[name.length] !== 1) continue;
    if (isHeader(name, 'content-length')) head.hasBody ||= raw[i + 1] !== '0';
    else if (isHeader(name, 'transfer-encoding')) head.hasBody = true;
    for (let rank = 0; rank < best; rank++) {
      if (!isHeader(name, queueHeaders[rank]!)) continue;
      head.queueStart = raw[i + 1];
      best = rank;
    }
  }
  return head;
}

function isHeader(name: string, lowerCase: string): boolean {
  return name.length === lowerCase.length && name.toLowerCase() === lowerCase;
}

export const httpServer: Probe = {
  name: 'http-server',
  metrics: HTTP_METRICS,
  start(context: ProbeContext) {
    const { store, heartbeat, queueHeaders, ignoreRoutes } = context;
    const metrics = new HttpMetrics(context);
    const requests = new Requests(metrics, new Slots(store.buffer), ignoreRoutes);
    const warn = (error: unknown) => context.warn('http-server', `a request was not recorded: ${error}`);
    const lengths = lengthsOf(queueHeaders);
    const running = { requests, warn };
    current = running;

    const onStart = (message: unknown) => {
      try {
        const { request, response, socket } = message as StartMessage;
        const time = now();
        const protocol = request.httpVersionMinor === 0 ? 0 : 1;
        const method = methodIndex(request.method);
        const record = new RequestRecord(time, method, socket.encrypted ? 1 : 0, protocol, request, response, answer);
        if (!requests.begin(record, request.url ?? '')) return;
        const head = readHead(request.rawHeaders, queueHeaders, lengths);
        if (head.queueStart !== undefined) metrics.queued(head.queueStart, epochOf(time));
        follow(socket, record);
        response.on('prefinish', onPrefinish);
        if (head.hasBody) {
          requests.receives(record);
          makeRoom(request);
          request.on('close', onBodyClose);
        }
      } catch (error) {
        warn(error);
      }
    };

    const onSecond = (time: number) => {
      try {
        requests.review(time);
      } catch (error) {
        warn(error);
      }
    };

    subscribe('http.server.request.start', onStart);
    subscribe('http.server.response.finish', onFinish);
    const stops = [
      () => unsubscribe('http.server.request.start', onStart),
      () => unsubscribe('http.server.response.finish', onFinish),
      heartbeat.everySecond(onSecond),
      watchHttp2(requests, metrics, context),
    ];
    return () => {
      for (const stop of stops) stop();
      requests.abandon(now());
      if (current === running) current = undefined;
    };
  },
};

function follow(socket: FollowedSocket, record: RequestRecord): void {
  const open = socket[OPEN];
  if (open) {
    open.push(record);
    return;
  }
  socket[OPEN] = [record];
  makeRoom(socket);
  socket.on('close', onSocketClose);
}
