/** A real server with real requests, observed the way the HTTP probe does it: one route per request. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import {
  Agent,
  createServer,
  type IncomingMessage,
  type RequestListener,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { routeOf } from '../../src/probes/route.ts';

/** One answered request: the route as seen when the response was handed over, and when it had closed. */
export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly atEnd: string | undefined;
  readonly atClose: string | undefined;
}

interface Seen {
  atEnd?: string | undefined;
  atClose?: string | undefined;
}

export interface ObservedServer {
  readonly port: number;
  ask(path: string, method?: string): Promise<Answer>;
  /** The route of one request, after a check that both moments tell the same. */
  route(path: string, method?: string): Promise<string | undefined>;
  close(): Promise<void>;
}

export async function observe(listener: RequestListener | Server): Promise<ObservedServer> {
  const server = typeof listener === 'function' ? createServer(listener) : listener;
  const closed = new Map<string, (seen: Seen) => void>();
  const onStart = (message: unknown) => {
    const start = message as { request: IncomingMessage; response: ServerResponse; server: Server };
    if (start.server !== server) return;
    const seen: Seen = {};
    start.response.on('prefinish', () => {
      seen.atEnd = routeOf(start.request, start.response.statusCode);
    });
    start.response.on('close', () => {
      seen.atClose = routeOf(start.request, start.response.statusCode);
      closed.get(String(start.request.headers['x-number']))?.(seen);
    });
  };
  subscribe('http.server.request.start', onStart);
  if (!server.listening) await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const agent = new Agent({ keepAlive: true });
  let number = 0;

  async function ask(path: string, method = 'GET'): Promise<Answer> {
    const id = String(number++);
    const seen = new Promise<Seen>((resolve) => closed.set(id, resolve));
    const sent = request({ port, host: '127.0.0.1', path, method, agent, headers: { 'x-number': id } }).end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    let body = '';
    for await (const chunk of response.setEncoding('utf8')) body += chunk;
    const { atEnd, atClose } = await seen;
    return { status: response.statusCode ?? 0, body, atEnd, atClose };
  }

  return {
    port,
    ask,
    async route(path, method) {
      const answer = await ask(path, method);
      if (answer.atEnd !== answer.atClose)
        throw new Error(`${path}: ${answer.atEnd} at the end, ${answer.atClose} later`);
      return answer.atEnd;
    },
    async close() {
      unsubscribe('http.server.request.start', onStart);
      agent.destroy();
      server.closeAllConnections();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    },
  };
}
