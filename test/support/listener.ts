/** Which process listens on a port (Linux). */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** State of a listening socket in `/proc/net/tcp`. */
const LISTEN = '0A';

/** The one of `pids` that listens on a TCP port of IPv4. */
export function listenerOf(port: number, pids: readonly number[]): number | undefined {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  const rows = readFileSync('/proc/net/tcp', 'latin1')
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  const inode = rows.find(([, address, , state]) => address?.endsWith(`:${wanted}`) && state === LISTEN)?.[9];
  return inode === undefined ? undefined : pids.find((pid) => linksOf(pid).includes(`socket:[${inode}]`));
}

function linksOf(pid: number): string[] {
  return attempt(() => readdirSync(`/proc/${pid}/fd`), []).map((fd) =>
    attempt(() => readlinkSync(`/proc/${pid}/fd/${fd}`), ''),
  );
}

/** Files and processes go while they are looked at. */
function attempt<T>(look: () => T, otherwise: T): T {
  try {
    return look();
  } catch {
    return otherwise;
  }
}
