/** A peer that accepts connections and reads nothing. */
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';

export interface NeverReads {
  /** How many connections it accepted. */
  readonly connections: number;
  /** Drops what it has, unread. */
  close(): Promise<void>;
}

/** Rejects when the port is taken. */
export async function neverReads(port: number): Promise<NeverReads> {
  const sockets: Socket[] = [];
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    sockets.push(socket);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    get connections() {
      return sockets.length;
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.resetAndDestroy();
      await closed;
    },
  };
}
