/** Reads the kernel's socket tables. Linux only: throws where they are not there. */
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { type Listening, listeningTcp, listeningUnix, type Open, openTcp } from './proc-net.ts';

const TCP = ['/proc/self/net/tcp', '/proc/self/net/tcp6'];
const UNIX = '/proc/self/net/unix';
/** The kernel hands out about a page at a time, whatever is asked for. */
const chunk = Buffer.alloc(16_384);

/** Every socket of the network namespace that listens. Costs the same however many connections there are. */
export function readListening(): Listening[] {
  const tables = TCP.map((path) => orWithoutV6(path, () => readListeningTcp(path), []));
  return [...tables.flat(), ...listeningUnix(readFileSync(UNIX, 'latin1'))];
}

/** The accepted connections to these local ports. Costs about 5 µs for each connection of the namespace. */
export function readOpen(ports: ReadonlySet<number | string>): Open[] {
  return TCP.flatMap((path) => orWithoutV6(path, () => openTcp(readFileSync(path, 'latin1'), ports), []));
}

function readListeningTcp(path: string): Listening[] {
  const fd = openSync(path, 'r');
  try {
    let text = '';
    for (let bytes = -1; bytes !== 0; ) {
      bytes = readSync(fd, chunk, 0, chunk.length, null);
      text += chunk.toString('latin1', 0, bytes);
      const { sockets, complete } = listeningTcp(text);
      if (complete || bytes === 0) return sockets;
    }
    return [];
  } finally {
    closeSync(fd);
  }
}

/** A kernel without IPv6 has no `tcp6`. */
function orWithoutV6<T>(path: string, read: () => T, otherwise: T): T {
  try {
    return read();
  } catch (error) {
    if (path !== TCP[0] && (error as NodeJS.ErrnoException).code === 'ENOENT') return otherwise;
    throw error;
  }
}
