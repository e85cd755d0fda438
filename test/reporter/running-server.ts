/** A reporter server for one test, and clients that no library makes polite. */
import { connect, type Socket } from 'node:net';
import type { ExecutionContext } from 'ava';
import type { Handler } from '../../src/reporter/adapter.ts';
import { createReporterServer, type ReporterServer, type ReporterServerOptions } from '../../src/reporter/server.ts';

export interface Running {
  readonly server: ReporterServer;
  readonly url: string;
  readonly port: number;
  readonly lines: string[];
}

export const hello: Handler = (_request, response) => {
  response.end('hello');
};

export async function run(t: ExecutionContext, options: Partial<ReporterServerOptions> = {}): Promise<Running> {
  const lines: string[] = [];
  const log = (line: string) => lines.push(line);
  const server = createReporterServer({ host: '127.0.0.1', port: 0, routes: { '/metrics': hello }, log, ...options });
  t.teardown(() => server.close());
  const { url } = await server.listen();
  return { server, url, port: Number(new URL(url).port), lines };
}

export function open(t: ExecutionContext, port: number, host = '127.0.0.1'): Socket {
  const socket = connect(port, host);
  socket.on('error', () => socket.destroy());
  t.teardown(() => socket.destroy());
  return socket;
}

/** Whether an answer comes before the end. */
export function answered(socket: Socket): Promise<boolean> {
  return new Promise((resolve) => {
    socket.once('data', () => resolve(true));
    socket.once('close', () => resolve(false));
  });
}

/** However it ends: `once` would reject on a reset. */
export function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

/** Sends bytes and gives all that comes back until the server ends the connection. */
export async function raw(t: ExecutionContext, port: number, bytes: string | Buffer): Promise<string> {
  const socket = open(t, port);
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
  });
  socket.write(bytes);
  await closed(socket);
  return text;
}

export const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]);

export function ask(t: ExecutionContext, port: number, target: string, headers: readonly string[], version = '1.1') {
  return raw(t, port, [`GET ${target} HTTP/${version}`, ...headers, 'Connection: close', '', ''].join('\r\n'));
}
