/** The reporter thread's HTTP server: open and guarded routes, `/health`, and limits that no client can pass. */
import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Handler } from './adapter.ts';
import { createAnswer, type GuardedHandler, oneLine } from './answer.ts';
import { createGuard } from './guard.ts';
import { isLoopback } from './loopback.ts';

/** All times in ms. */
export interface ServerLimits {
  /** Bytes of request line and headers; more is answered 431. Default 8192. */
  readonly headerSize: number;
  /** From the connection's (or request's) first moment to the end of its headers. Default 5000. */
  readonly headersTimeout: number;
  /** From a request's first byte to its end. Default 10000. */
  readonly requestTimeout: number;
  /**
   * From a request's headers to the last byte of its answer, so that nobody who does not read stays. Default 30000. A
   * guarded handler may lift it.
   */
  readonly answerTimeout: number;
  /** An idle connection. Default 65000: Prometheus keeps its connection from scrape to scrape, 60 s by default. */
  readonly keepAliveTimeout: number;
  /** Sockets at once. Default 64. The one that fills the last place ends all idle ones. */
  readonly connections: number;
  /** What `close` leaves to answers under way. Default 200. */
  readonly closeGrace: number;
}

export interface ReporterServerOptions {
  /** Address or name to bind to. */
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Path → handler. `/health` is the server's own. */
  readonly routes: Readonly<Record<string, Handler>>;
  /** Path → handler, for what may show paths and code: on loopback, or with the token. Default: none. */
  readonly guarded?: Readonly<Record<string, GuardedHandler>>;
  /** What `/health` says of the agent, for everybody to read. Must not throw. Default: nothing more. */
  readonly about?: () => object;
  /** What a client must send as bearer token where the server is bound to more than loopback. Default: none is set. */
  readonly token?: string;
  readonly log: (line: string) => void;
  readonly limits?: Partial<ServerLimits>;
}

export interface ReporterServer {
  /** Call once. Resolves to a URL that opens on this machine. Rejects with an error that carries `code` (EADDRINUSE, …). */
  listen(): Promise<{ readonly url: string }>;
  /** Idempotent, never rejects. Afterwards no socket is left. */
  close(): Promise<void>;
}

const DEFAULT_LIMITS: ServerLimits = {
  headerSize: 8192,
  headersTimeout: 5000,
  requestTimeout: 10_000,
  answerTimeout: 30_000,
  keepAliveTimeout: 65_000,
  connections: 64,
  closeGrace: 200,
};

/** How often Node looks for headers and requests that are late, in ms. */
const CHECK_INTERVAL = 1000;

/** Makes the server; nothing is bound before `listen`. */
export function createReporterServer(options: ReporterServerOptions): ReporterServer {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const answer = createAnswer({ guarded: {}, about: () => ({}), ...options, guard: createGuard(options.token ?? '') });
  let onLoopback = true;
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    const deadline = setTimeout(() => response.destroy(), limits.answerTimeout).unref();
    response.once('close', () => {
      clearTimeout(deadline);
      if (!server.listening) server.closeIdleConnections();
    });
    answer(request, response, { onLoopback, lift: () => clearTimeout(deadline) });
  };
  const server = createServer(nodeOptions(limits), onRequest);
  server.on('checkContinue', onRequest);
  limitConnections(server, limits.connections);
  let listening: Promise<unknown> = Promise.resolve();
  let closing: Promise<void> | undefined;
  return {
    async listen() {
      const bound = listen(server, options);
      listening = bound.catch(() => undefined);
      const address = await bound;
      onLoopback = isLoopback(address.address);
      return { url: urlOf(address) };
    },
    close() {
      closing ??= listening.then(() => close(server, limits.closeGrace));
      return closing;
    },
  };
}

function nodeOptions(limits: ServerLimits): ServerOptions {
  return {
    maxHeaderSize: limits.headerSize,
    headersTimeout: limits.headersTimeout,
    requestTimeout: limits.requestTimeout,
    keepAliveTimeout: limits.keepAliveTimeout,
    connectionsCheckingInterval: Math.min(CHECK_INTERVAL, limits.headersTimeout),
  };
}

/**
 * Connections over the limit are dropped by Node; idle ones make room, so that holding them locks nobody out. Goes
 * before the server's own listener: once that has run, Node 26 takes the newcomer for idle, too.
 */
function limitConnections(server: Server, limit: number): void {
  server.maxConnections = limit;
  let open = 0;
  server.prependListener('connection', (socket) => {
    open++;
    socket.once('close', () => {
      open--;
    });
    if (open >= limit) server.closeIdleConnections();
  });
}

/** Later errors (no file descriptor left to accept with) must not end the thread: each kind is told once. */
function listen(server: Server, { host, port, log }: ReporterServerOptions): Promise<AddressInfo> {
  const told = new Set<string>();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      server.on('error', (error) => {
        const line = `server: ${oneLine(error)}`;
        if (!told.has(line)) log(line);
        told.add(line);
      });
      resolve(server.address() as AddressInfo);
    });
  });
}

/** Of a wildcard address, the loopback address that reaches it. */
function urlOf({ address, port }: AddressInfo): string {
  if (address === '0.0.0.0') return `http://127.0.0.1:${port}`;
  if (address === '::') return `http://[::1]:${port}`;
  return address.includes(':') ? `http://[${address}]:${port}` : `http://${address}:${port}`;
}

function close(server: Server, grace: number): Promise<void> {
  if (!server.listening) return Promise.resolve();
  return new Promise((resolve) => {
    const deadline = setTimeout(() => server.closeAllConnections(), grace);
    server.close(() => {
      clearTimeout(deadline);
      resolve();
    });
    server.closeIdleConnections();
  });
}
