/**
 * The socket tables of a network namespace as Linux prints them: `/proc/net/tcp`, `tcp6`, `unix` and `netstat`. Pure.
 * Source: net/ipv4/tcp_ipv4.c (`get_tcp4_sock`), net/ipv6/tcp_ipv6.c, net/unix/af_unix.c (`unix_seq_show`).
 */

/** A socket that listens. The kernel prints no limit of its queue. */
export interface Listening {
  /** A TCP port, or the path of a Unix-domain socket. */
  readonly at: number | string;
  readonly inode: number;
  /** Connections that are established and not accepted yet. */
  readonly queue: number;
}

/** A connection that was accepted: one that was not has no inode yet. */
export interface Open {
  /** Local port. */
  readonly at: number;
  readonly inode: number;
  /** Bytes that the process has not read. */
  readonly unread: number;
  /** Bytes that the peer has not acknowledged. */
  readonly unsent: number;
}

interface Row {
  readonly port: number;
  readonly state: number;
  readonly tx: number;
  readonly rx: number;
  /** Where the fields after the queues begin. */
  readonly rest: number;
}

const LISTEN = 0x0a;
/** FIN_WAIT1, LAST_ACK, CLOSING: the own FIN counts as one byte of the send queue. */
const FIN_SENT = new Set([0x04, 0x09, 0x0b]);
/** CLOSE_WAIT, LAST_ACK, CLOSING: the peer's FIN counts as one byte of the receive queue until it is read. */
const FIN_RECEIVED = new Set([0x08, 0x09, 0x0b]);

/**
 * The listening sockets of a table, which the kernel prints before all others. `complete`: another one was seen, so the
 * text, which may be the beginning of a table, has them all.
 */
export function listeningTcp(text: string): { readonly sockets: Listening[]; readonly complete: boolean } {
  const sockets: Listening[] = [];
  let complete = false;
  eachRow(text, ({ port, state, rx, rest }) => {
    complete = state !== LISTEN;
    if (!complete) sockets.push({ at: port, inode: inodeAt(text, rest), queue: rx });
    return !complete;
  });
  return { sockets, complete };
}

/** The accepted connections to these local ports. */
export function openTcp(text: string, ports: ReadonlySet<number | string>): Open[] {
  const found: Open[] = [];
  eachRow(text, ({ port, state, tx, rx, rest }) => {
    if (state === LISTEN || !ports.has(port)) return true;
    const inode = inodeAt(text, rest);
    const unread = Math.max(0, rx - (FIN_RECEIVED.has(state) ? 1 : 0));
    const unsent = Math.max(0, tx - (FIN_SENT.has(state) ? 1 : 0));
    if (inode > 0) found.push({ at: port, inode, unread, unsent });
    return true;
  });
  return found;
}

/** Calls `visit` with each whole row until it returns false. What is no row is passed over. */
function eachRow(text: string, visit: (row: Row) => boolean): void {
  for (let at = text.indexOf('\n') + 1; at > 0; ) {
    const end = text.indexOf('\n', at);
    if (end < 0) return;
    const row = readRow(text, at);
    if (row.rest < end && row.state >= 0 && !visit(row)) return;
    at = end + 1;
  }
}

/**
 * `  12: 0100007F:1F90 0100007F:9B82 01 00000000:00000005 00:00000000 00000000     0        0 1725243 …`: from the first
 * colon to the uid every field has its width, which for an address is 8 or 32.
 */
function readRow(text: string, at: number): Row {
  const address = text.indexOf(':', at) + 2;
  const colon = text.indexOf(':', address);
  const state = colon + 5 + 1 + (colon - address) + 5 + 1;
  return {
    port: hex(text, colon + 1, 4),
    state: hex(text, state, 2),
    tx: hex(text, state + 3, 8),
    rx: hex(text, state + 12, 8),
    rest: state + 20,
  };
}

/** The fourth field from there: timer, retransmissions, uid and timeout come before it. */
function inodeAt(text: string, rest: number): number {
  let at = rest;
  for (let field = 0; field < 4; field++) {
    while (text[at] === ' ') at++;
    while (text[at] !== ' ' && at < text.length) at++;
  }
  return Number.parseInt(text.slice(at, at + 24), 10);
}

/** -1 when it is none. */
function hex(text: string, from: number, digits: number): number {
  let value = 0;
  for (let i = from; i < from + digits; i++) {
    const code = text.charCodeAt(i);
    const digit = code <= 57 ? code - 48 : code - 55;
    if (!(digit >= 0 && digit < 16)) return -1;
    value = value * 16 + digit;
  }
  return value;
}

/** `Num RefCount Protocol Flags Type St Inode Path` */
const UNIX_ROW = /^[0-9a-f]+: [0-9A-F]{8} [0-9A-F]{8} ([0-9A-F]{8}) [0-9A-F]{4} [0-9A-F]{2} +(\d+) (.+)$/gm;
/** `__SO_ACCEPTCON` */
const ACCEPTS = 0x10000;

/**
 * Unix-domain sockets that listen under a name; an abstract one begins with `@`. A connection that waits for `accept` is
 * a row of its own: it has its listener's path and no inode. Two listeners of one path (the file was replaced) are left
 * out, since nobody can tell whose the waiting ones are.
 */
export function listeningUnix(text: string): Listening[] {
  const inodes = new Map<string, number>();
  const waiting = new Map<string, number>();
  const doubled = new Set<string>();
  for (const [, flags, inode, path] of text.matchAll(UNIX_ROW)) {
    if (Number.parseInt(flags!, 16) & ACCEPTS) {
      if (inodes.has(path!)) doubled.add(path!);
      inodes.set(path!, Number(inode));
    } else if (inode === '0') {
      waiting.set(path!, (waiting.get(path!) ?? 0) + 1);
    }
  }
  const unique = [...inodes].filter(([path]) => !doubled.has(path));
  return unique.map(([path, inode]) => ({ at: path, inode, queue: waiting.get(path) ?? 0 }));
}

/** One number of `/proc/net/netstat`; undefined when it is not there. */
export function netstat(text: string, group: string, name: string): number | undefined {
  const [names, values] = text.split('\n').filter((line) => line.startsWith(`${group}: `));
  const at = names?.split(' ').indexOf(name) ?? -1;
  const value = Number(at > 0 ? values?.split(' ')[at] : Number.NaN);
  return Number.isFinite(value) ? value : undefined;
}
