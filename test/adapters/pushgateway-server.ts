/** A server in the Pushgateway's place: keeps what it was sent and answers as it is told. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ExecutionContext } from 'ava';
import type { AdapterContext, Outcome } from '../../src/reporter/adapter.ts';

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export type Answer = (response: ServerResponse, number: number) => void;

export interface GatewayServer {
  readonly url: string;
  readonly received: Received[];
}

export const status =
  (code: number, text = '', headers: Record<string, string> = {}): Answer =>
  (response) =>
    response.writeHead(code, headers).end(text);

/** `answer` is called with the number of the request, from 1. */
export async function startGateway(t: ExecutionContext, answer: Answer = status(200)): Promise<GatewayServer> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      received.push({ method, path: url, headers, body });
      answer(response, received.length);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received };
}

/** A context whose counts and lines can be read. */
export function watchedContext(): AdapterContext & { counts: Record<string, number>; lines: string[] } {
  const counts: Record<string, number> = {};
  const lines: string[] = [];
  return {
    interval: 1000,
    snapshot: () => Promise.reject(new Error('an adapter that pushes does not ask')),
    count(outcome: Outcome, points: number) {
      counts[outcome] = (counts[outcome] ?? 0) + points;
    },
    log: (line) => lines.push(line),
    counts,
    lines,
  };
}
