/** Listening, and talking to what listens, down to the bytes. */
import { once } from 'node:events';
import { type AddressInfo, connect, type Server, type Socket } from 'node:net';

/** Listens on a free port of loopback and returns it. */
export async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

export async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  (server as Partial<{ closeAllConnections(): void }>).closeAllConnections?.();
  await closed;
}

/** A connection. One that breaks is closed, without an error event that a test would have to take. */
export async function dial(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => socket.destroy());
  await once(socket, 'connect');
  return socket;
}

/** Everything that arrives until the other side ends or drops the connection. */
export async function readAll(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.resume();
  if (!socket.closed) await once(socket, 'close');
  return Buffer.concat(chunks).toString('latin1');
}

/** Sends bytes on a connection of its own; returns all that came back until it was closed. */
export async function talk(port: number, bytes: string): Promise<string> {
  const socket = await dial(port);
  socket.write(bytes, 'latin1');
  return readAll(socket);
}

/** A request's head: `GET /path` and header lines; with `Host`, without `Connection`. */
export function head(line: string, ...headers: readonly string[]): string {
  return [`${line} HTTP/1.1`, 'Host: localhost', ...headers, '', ''].join('\r\n');
}

/** As `head`, on a connection that ends after the answer. */
export function lastHead(line: string, ...headers: readonly string[]): string {
  return head(line, 'Connection: close', ...headers);
}
