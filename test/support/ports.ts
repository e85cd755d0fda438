/** Ports for tests that must name one before somebody listens. */
import { connect, createServer } from 'node:net';

/**
 * Below the ports that the kernel gives to connections (32768 and up on Linux), any of which may take a port between its
 * choice and its use. Each test process has a block of its own, by its id: they follow one another.
 */
const LOWEST = 10_000;
const BLOCK = 20;
const BLOCKS = 1100;
const first = LOWEST + (process.pid % BLOCKS) * BLOCK;
let next = 0;

/** A port of 127.0.0.1 that nobody listens on now, and that no other test is given soon. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 2 * BLOCK; tries++) {
    const port = first + (next++ % BLOCK);
    if (await isFree(port)) return port;
  }
  throw new Error(`none of the ports ${first} to ${first + BLOCK - 1} is free`);
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** Whether something accepts connections there. */
export function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const settle = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => settle(true));
    socket.once('error', () => settle(false));
  });
}
