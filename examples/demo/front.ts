/**
 * A small front end, as nginx or a load balancer would be: an HTTP reverse proxy with keep-alive that stamps
 * `X-Request-Start` on arrival and holds few connections to the app, so that requests queue before it for real.
 */
import http, { type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream';

export interface Front {
  readonly url: string;
  close(): Promise<void>;
}

export interface FrontOptions {
  /** Base URL of the app. */
  readonly target: string;
  /** Connections to the app at most. Default 8. */
  readonly connections?: number;
  /** Requests that may be open at once, waiting ones included; above it the front end answers 503. Default 500. */
  readonly limit?: number;
}

/** Epoch ms at which `performance.now()` was 0. */
let origin = performance.timeOrigin;

/** Listens on a free loopback port. */
export async function startFront({ target, connections = 8, limit = 500 }: FrontOptions): Promise<Front> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: connections });
  let open = 0;
  const server = http.createServer((request, response) => {
    if (open >= limit) {
      response.writeHead(503).end('too many requests wait\n');
      return;
    }
    open++;
    response.once('close', () => open--);
    forward(new URL(request.url ?? '/', target), agent, request, response);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => close(server, agent),
  };
}

/** Wall-clock microseconds, the form that haproxy sends. */
function stamp(): string {
  const wall = Date.now();
  // The fine clock does not follow when the wall clock is set or slewed.
  if (Math.abs(wall - (origin + performance.now())) > 2) origin = wall - performance.now();
  return `t=${Math.round((origin + performance.now()) * 1000)}`;
}

function forward(url: URL, agent: http.Agent, request: IncomingMessage, response: ServerResponse): void {
  const headers = { ...request.headers, 'x-request-start': stamp(), connection: 'keep-alive' };
  const upstream = http.request(url, { agent, method: request.method, headers });
  upstream.on('response', (answer) => {
    response.writeHead(answer.statusCode!, answer.headers);
    pipeline(answer, response, (error) => {
      if (error) upstream.destroy();
    });
  });
  upstream.on('error', () => {
    if (response.headersSent) response.destroy();
    else response.writeHead(502).end('the app did not answer\n');
  });
  response.once('close', () => {
    if (!response.writableFinished) upstream.destroy();
  });
  request.pipe(upstream);
}

function close(server: Server, agent: http.Agent): Promise<void> {
  agent.destroy();
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
