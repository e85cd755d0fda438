/**
 * HTTP/2 servers on every supported Node line: a listener on the server's own `'stream'` event, put there when the
 * server begins to listen, sees requests of the stream API and of the compatibility API alike.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Http2Server, IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { epochOf, now } from '../clock.ts';
import { type HttpMetrics, methodIndex } from './http-metrics.ts';
import { makeRoom } from './listeners.ts';
import type { ProbeContext } from './probe.ts';
import { type Answer, RequestRecord, type Requests } from './request-record.ts';

const RECORD = Symbol('loadline.record');
type Stream = ServerHttp2Stream & { [RECORD]?: RequestRecord | undefined; readonly endAfterHeaders: boolean };

const answer: Answer = {
  status: ({ response }) => {
    const status = (response as Stream).sentHeaders?.[':status'];
    return typeof status === 'number' ? status : 0;
  },
  aborted: ({ response }) => {
    const { aborted, rstCode, writableFinished, headersSent } = response as Stream;
    return aborted || rstCode !== 0 || !headersSent || !writableFinished;
  },
  isEventStream: ({ response }) => {
    const { headersSent, sentHeaders } = response as Stream;
    return headersSent && String(sentHeaders?.['content-type']).startsWith('text/event-stream');
  },
  isGone: ({ response }) => {
    const { destroyed, closed, session } = response as Stream;
    return destroyed || (closed && session?.closed !== false);
  },
};

/** Follows every HTTP/2 server that begins to listen; returns what ends that. */
export function watchHttp2(requests: Requests, metrics: HttpMetrics, context: ProbeContext): () => void {
  const { queueHeaders } = context;
  const warn = (error: unknown) => context.warn('http2-server', `a request was not recorded: ${error}`);
  const followed = new Set<WeakRef<Http2Server>>();

  function onPrefinish(this: Stream): void {
    const record = this[RECORD];
    if (!record) return;
    try {
      requests.handled(record, now());
    } catch (error) {
      warn(error);
    }
  }

  function onBodyEnd(this: Stream): void {
    const record = this[RECORD];
    // What arrives after the answer was waited for by nobody: the request was handled without it.
    if (record && record.received === 0 && record.handled === 0) requests.received(record, now());
  }

  function onClose(this: Stream): void {
    const record = this[RECORD];
    if (!record) return;
    try {
      this[RECORD] = undefined;
      requests.end(record, now());
    } catch (error) {
      warn(error);
    }
  }

  function onStream(stream: Stream, headers: IncomingHttpHeaders): void {
    try {
      // A tunnel (RFC 9113, section 8.5) is no request: it stays open for as long as its ends like.
      if (headers[':method'] === 'CONNECT') return;
      const time = now();
      const scheme = headers[':scheme'] === 'https' ? 1 : 0;
      const record = new RequestRecord(time, methodIndex(headers[':method']), scheme, 2, stream, stream, answer);
      if (!requests.begin(record, headers[':path'] ?? '')) return;
      stream[RECORD] = record;
      const queueHeader = queueHeaders.find((name) => headers[name] !== undefined);
      if (queueHeader !== undefined) metrics.queued(String(headers[queueHeader]), epochOf(time));
      makeRoom(stream);
      stream.on('prefinish', onPrefinish);
      stream.on('close', onClose);
      if (stream.endAfterHeaders) return;
      requests.receives(record);
      stream.on('end', onBodyEnd);
    } catch (error) {
      warn(error);
    }
  }

  const follow = (server: unknown) => {
    if (!isHttp2(server) || server.listeners('stream').includes(onStream)) return;
    server.prependListener('stream', onStream);
    followed.add(new WeakRef(server));
  };
  const onListen = (message: unknown) => follow((message as { server: unknown }).server);
  for (const server of context.servers) follow(server);

  subscribe('tracing:net.server.listen:asyncEnd', onListen);
  return () => {
    unsubscribe('tracing:net.server.listen:asyncEnd', onListen);
    for (const server of followed) server.deref()?.off('stream', onStream);
  };
}

/** Http2Server's class is not exported; no other server of Node has `updateSettings`. */
function isHttp2(server: unknown): server is Http2Server {
  return typeof (server as Partial<Http2Server> | undefined)?.updateSettings === 'function';
}
