/** What is at the other end of a Graphite adapter's connection, as good or bad as a test wants it. */
import { once } from 'node:events';
import { createServer, type Server, type ServerOpts, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { close, listen } from '../support/connect.ts';

export interface Peer {
  readonly port: number;
  readonly url: string;
  /** All that was read. */
  text(): string;
  readonly sockets: Set<Socket>;
}

/** `onSocket` is called with each connection and its number, from 0, instead of reading it. */
export async function peer(
  t: ExecutionContext,
  port = 0,
  onSocket?: (socket: Socket, index: number) => void,
  options: ServerOpts = {},
): Promise<Peer> {
  const sockets = new Set<Socket>();
  let text = '';
  let index = 0;
  const server: Server = createServer(options, (socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    if (onSocket) onSocket(socket, index++);
    else
      socket.on('data', (data) => {
        text += data;
      });
  });
  if (port === 0) port = await listen(server);
  else {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  }
  t.teardown(async () => {
    for (const socket of sockets) socket.destroy();
    await close(server);
  });
  return { port, url: `tcp://127.0.0.1:${port}`, text: () => text, sockets };
}

/** The kernel may have what the peer has yet to read. */
export async function becomes(isSo: () => boolean): Promise<void> {
  const limit = Date.now() + 20_000;
  while (!isSo() && Date.now() < limit) await sleep(20);
}

/** Whether the other side has reset it, and not just ended: Node 20 reads both as an end when it reads late. */
export function isReset(socket: Socket): Promise<boolean> {
  return new Promise((resolve) => socket.write('x', (error) => resolve(error instanceof Error)));
}
