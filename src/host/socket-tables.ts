/** Reads the kernel's socket tables. Linux only: throws where they are not there. */
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { type Listening, listeningTcp, listeningUnix, type Open, openTcp } from './proc-net.ts';

const TCP = ['/proc/self/net/tcp', '/proc/self/net/tcp6'];
const UNIX = '/proc/self/net/unix';
/** The kernel hands out about a page at a time, whatever is asked for. */
const chunk = Buffer.alloc(16_384);
/** Bytes of a page, the smallest there is, but for what the longest row takes: after fewer, the kernel had no more. */
const PART = 4096 - 512;

export interface Sockets {
  readonly listening: Listening[];
  /** The accepted connections to those of them that are ports. */
  readonly open: Open[];
}

/** Every socket of the network namespace that listens. Costs the same however many connections there are. */
export function readListening(): Listening[] {
  const tables = TCP.map((path) => listeningTcp(readTable(path, (text) => listeningTcp(text).complete)).sockets);
  return [...tables.flat(), ...readListeningUnix()];
}

/** What listens where `isWanted` says so, and its connections. Costs about 3 µs for each connection of the namespace. */
export function readSockets(isWanted: (at: number | string) => boolean): Sockets {
  const tables = TCP.map((path) => readTable(path, () => false));
  const all = [...tables.flatMap((text) => listeningTcp(text).sockets), ...readListeningUnix()];
  const listening = all.filter(({ at }) => isWanted(at));
  const ports = new Set(listening.map(({ at }) => at));
  return { listening, open: tables.flatMap((text) => openTcp(text, ports)) };
}

function readListeningUnix(): Listening[] {
  return listeningUnix(readFileSync(UNIX, 'latin1'));
}

/**
 * A table, or its beginning as soon as that is enough. It is not asked for once more where it ends: the kernel would walk
 * through all of its hash table again, which takes 2.6 ms for the 262,144 lists that a machine with 24 GB has.
 */
function readTable(path: string, isEnough: (text: string) => boolean): string {
  const fd = openTable(path);
  if (fd === undefined) return '';
  try {
    let text = '';
    for (let bytes = chunk.length; bytes >= PART && !isEnough(text); ) {
      bytes = readSync(fd, chunk, 0, chunk.length, null);
      text += chunk.toString('latin1', 0, bytes);
    }
    return text;
  } finally {
    closeSync(fd);
  }
}

/** Undefined for the `tcp6` of a kernel without IPv6. */
function openTable(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if (path !== TCP[0] && (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
