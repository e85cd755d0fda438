/** Ports for tests that must name one before somebody listens, or that listen on one again and again. */
import { connect, createServer } from 'node:net';

/**
 * Below the ports that the kernel gives to connections (32768 and up on Linux), any of which may take a port between its
 * choice and its use. A test process leases blocks of them: who listens on a block's first port has the others, until it
 * exits. No port is given twice, for a server that a test has stopped for a while must find its own again.
 */
const LOWEST = 10_000;
const BLOCK = 100;
const BLOCKS = 220;
let tried = 0;
let block: Promise<number> | undefined;
let used = 0;

/** A port of 127.0.0.1 that nobody listens on now, and that no other test is given while this process lives. */
export async function freePort(): Promise<number> {
  for (;;) {
    if (block === undefined || used === BLOCK - 1) {
      block = lease();
      used = 0;
    }
    const offset = ++used;
    const port = (await block) + offset;
    if (await isFree(port)) return port;
  }
}

/** The first port of a block that no other process has. */
async function lease(): Promise<number> {
  while (tried < BLOCKS) {
    const first = LOWEST + ((process.pid + tried++) % BLOCKS) * BLOCK;
    if (await hold(first)) return first;
  }
  throw new Error(`every block of ports from ${LOWEST} to ${LOWEST + BLOCKS * BLOCK - 1} is taken`);
}

function hold(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      server.unref();
      resolve(true);
    });
  });
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
