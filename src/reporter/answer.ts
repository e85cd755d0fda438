/** From one request to its handler, behind the checks that hold for every route. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Handler } from './adapter.ts';
import { CHALLENGES, type Guard } from './guard.ts';
import { jsonRoute } from './json-route.ts';
import { isLocalAuthority } from './loopback.ts';

/** What holds for the connection of one request. */
export interface Exchange {
  /** What the server is bound to. On loopback the host name is checked. */
  readonly onLoopback: boolean;
  /** Ends the limit on how long the answer may take: for a stream, which goes on until its client leaves. */
  lift(): void;
}

/** A handler of the house, which may stream. */
export type GuardedHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  exchange: Exchange,
) => void | Promise<void>;

export interface AnswerOptions {
  readonly host: string;
  /** Open to whoever reaches the port. */
  readonly routes: Readonly<Record<string, Handler>>;
  /** For those only whom `guard` lets in. They go before `routes` of the same path. */
  readonly guarded: Readonly<Record<string, GuardedHandler>>;
  readonly guard: Guard;
  readonly log: (line: string) => void;
}

/**
 * Of what is guarded, another site is to embed, read and open nothing, and a page of ours loads nothing from elsewhere,
 * runs no text as code and tells nobody where it is.
 */
const ISOLATION: Readonly<Record<string, string>> = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
};

/** Answers a request. Never throws. */
export type Answer = (request: IncomingMessage, response: ServerResponse, exchange: Exchange) => void;

export function createAnswer({ host, routes, guarded, guard, log }: AnswerOptions): Answer {
  const handlers = new Map<string, GuardedHandler>([
    ...Object.entries(routes),
    ['/health', createHealth()],
    ...Object.entries(guarded).map(([path, handler]) => [path, behind(guard, handler)] as const),
  ]);
  const report = failureLog(log);
  return (request, response, exchange) => {
    response.setHeader('X-Content-Type-Options', 'nosniff');
    const { authority, path } = splitTarget(request.url ?? '');
    response.on('error', (error) => report(path, error));
    const foreign = exchange.onLoopback && foreignHost(request.headers.host, authority, host);
    if (typeof foreign === 'string') return refuseHost(response, foreign);
    if (hasBody(request)) return refuseBody(response);
    const handler = handlers.get(path);
    if (handler === undefined) return notFound(response, path, handlers);
    void run(
      () => handler(request, response, exchange),
      response,
      (error) => report(path, error),
    );
  };
}

function behind(guard: Guard, handler: GuardedHandler): GuardedHandler {
  return (request, response, exchange) => {
    for (const [name, value] of Object.entries(ISOLATION)) response.setHeader(name, value);
    const refusal = guard(request.headers, exchange.onLoopback);
    if (refusal === undefined) return handler(request, response, exchange);
    if (refusal.status === 401) response.setHeader('WWW-Authenticate', CHALLENGES);
    sendText(response, refusal.status, refusal.line);
  };
}

async function run(
  handle: () => void | Promise<void>,
  response: ServerResponse,
  report: (error: unknown) => void,
): Promise<void> {
  try {
    await handle();
  } catch (error) {
    report(error);
    fail(response);
  }
}

/** 500, or the end of the connection when a part of the answer has left. */
function fail(response: ServerResponse): void {
  if (response.writableEnded) return;
  if (response.headersSent) {
    response.destroy();
    return;
  }
  for (const name of response.getHeaderNames()) if (name !== 'x-content-type-options') response.removeHeader(name);
  sendText(response, 500, 'internal error');
}

/** One line for each path until its failure is another one: a scrape repeats every few seconds. */
function failureLog(log: (line: string) => void): (path: string, error: unknown) => void {
  const last = new Map<string, string>();
  return (path, error) => {
    const line = `${path} failed: ${oneLine(error)}`;
    if (last.get(path) === line) return;
    last.set(path, line);
    log(line);
  };
}

/** What an error says, on one line. */
export function oneLine(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return text.replace(/\s+/g, ' ').slice(0, 300);
}

interface Target {
  /** Of the absolute form only: `GET http://host/metrics`. Goes before `Host` (RFC 9112, §3.2.2). */
  readonly authority: string | undefined;
  /** Without query. Not decoded, not normalised: `//metrics` is not `/metrics`. */
  readonly path: string;
}

function splitTarget(target: string): Target {
  const [plain] = target.split(/[?#]/, 1) as [string];
  const absolute = /^[a-z][a-z0-9+.-]*:\/\/([^/]*)(.*)$/i.exec(plain);
  return absolute === null
    ? { authority: undefined, path: plain }
    : { authority: absolute[1], path: absolute[2] || '/' };
}

/** The name that is not ours; `undefined` when every name is fine. HTTP/1.0 needs none. */
function foreignHost(header: string | undefined, authority: string | undefined, host: string): string | undefined {
  return [header, authority].find((name) => name !== undefined && !isLocalAuthority(name, host));
}

function refuseHost(response: ServerResponse, name: string): void {
  const shown = JSON.stringify(name.slice(0, 100));
  const remedy = 'ask by localhost or 127.0.0.1, or set OTEL_EXPORTER_PROMETHEUS_HOST to listen elsewhere';
  sendText(response, 403, `host ${shown} is refused on a loopback address (DNS rebinding): ${remedy}`);
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) !== 0;
}

/** The connection ends with the answer, so nothing of the body is waited for. */
function refuseBody(response: ServerResponse): void {
  response.setHeader('Connection', 'close');
  sendText(response, 413, 'requests with a body are refused');
}

function notFound(response: ServerResponse, path: string, handlers: ReadonlyMap<string, unknown>): void {
  // Not the parts of a page.
  const paths = [...handlers.keys()].filter((each) => !/\.\w+$/.test(each)).join(' ');
  sendText(response, 404, path === '/' ? `loadline answers at: ${paths}` : `not found; loadline answers at: ${paths}`);
}

/** `{"status":"ok","uptime":12}`: the reporter thread runs, for so many whole seconds. */
function createHealth(): Handler {
  const start = performance.now();
  return jsonRoute(() => ({ status: 'ok', uptime: Math.floor((performance.now() - start) / 1000) }));
}

/** One line. Node leaves the body out for HEAD. */
function sendText(response: ServerResponse, status: number, line: string): void {
  response.writeHead(status, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': Buffer.byteLength(line) + 1,
  });
  response.end(`${line}\n`);
}
