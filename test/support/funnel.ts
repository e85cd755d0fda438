/** A wire between a front end and the app that takes its time: queue time whose truth is measured where it is made. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { Owner } from './child.ts';

export interface Funnel {
  readonly port: number;
  /** ms that each piece towards the app really waited. */
  readonly waits: readonly number[];
}

/** Passes on everything to `backend` after `delay` ms, and what comes back at once. */
export async function startFunnel(owner: Owner, backend: number, delay: number): Promise<Funnel> {
  const waits: number[] = [];
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (front) => {
    const back = connect({ port: backend, host: '127.0.0.1', noDelay: true });
    for (const socket of [front, back]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => sockets.delete(socket));
    }
    front.on('data', (piece) => {
      const arrived = performance.now();
      setTimeout(() => {
        waits.push(performance.now() - arrived);
        back.write(piece);
      }, delay);
    });
    front.on('close', () => back.destroy());
    back.pipe(front);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  owner.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, waits };
}
