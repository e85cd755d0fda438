/** Where a group meets: one Unix socket. Whoever binds it leads; whoever finds somebody there joins. */
import { closeSync, lstatSync, openSync, renameSync, rmSync, statSync, unlinkSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { makePrivate, problemOf, socketIn } from './directory.ts';

/** ms after which a lock is left over from a process that died with it: it is held for a few. */
const LOCK_LIMIT = 2000;
/** Connections that wait to be accepted. */
const BACKLOG = 512;
/** What a missing or closed listener answers. */
const NOBODY: readonly unknown[] = ['ENOENT', 'ECONNREFUSED'];
/** What says that nobody ever will. All else passes: a leader may be killed while one connects (`ECONNRESET`, `EPIPE`). */
const NEVER: readonly unknown[] = ['EACCES', 'EPERM', 'ENOTSOCK', 'EPROTOTYPE', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG'];

export type Met =
  | { readonly as: 'member'; readonly socket: Socket }
  /** `isSuccessor`: somebody led before, and others may be on their way. */
  | { readonly as: 'leader'; readonly server: Server; readonly isSuccessor: boolean }
  /** Nobody leads, and somebody else is about to. */
  | { readonly as: 'nobody' }
  /** Somebody is there, or was a moment ago, and takes no connection now. */
  | { readonly as: 'busy' }
  | { readonly as: 'stranger'; readonly problem: string };

export class Meeting {
  readonly path: string;
  readonly #folder: string;
  readonly #name: string;
  /** What the path led to. */
  #bound = '';

  constructor(folder: string, name: string) {
    this.#folder = folder;
    this.#name = name;
    this.path = socketIn(folder, name);
  }

  /** One try. The folder may have been deleted since, and made again by whoever. Never rejects. */
  async meet(): Promise<Met> {
    const occupied = makePrivate(this.#folder) ?? this.#strangeFile();
    if (occupied) return { as: 'stranger', problem: occupied };
    const met = await this.#connect();
    if (met.as !== 'nobody') return met;
    return this.#locked(async () => {
      // Somebody may have become leader since.
      const again = await this.#connect();
      return again.as === 'nobody' ? this.#bind() : again;
    });
  }

  /** Whether the path leads to the socket that was bound or connected to here. `gone`: to none that can be trusted. */
  state(): 'ours' | 'gone' | 'others' {
    const found = problemOf(this.#folder) === undefined ? this.#inode() : '';
    if (found === '') return 'gone';
    return found === this.#bound ? 'ours' : 'others';
  }

  /** Nobody is left to join: the next process need not wait for others. */
  remove(): void {
    if (this.state() === 'ours') rmSync(this.path, { force: true });
  }

  #connect(): Promise<Met> {
    return new Promise((resolve) => {
      const socket = connect(this.path);
      socket.once('connect', () => {
        socket.removeAllListeners('error');
        this.#bound = this.#inode();
        resolve({ as: 'member', socket });
      });
      socket.once('error', (error: NodeJS.ErrnoException) => {
        socket.destroy();
        if (NOBODY.includes(error.code)) resolve({ as: 'nobody' });
        else if (NEVER.includes(error.code)) resolve({ as: 'stranger', problem: error.code! });
        else resolve({ as: 'busy' });
      });
    });
  }

  /**
   * Binds under a name of its own and moves that to the common one: atomic, over whatever a dead leader left, and
   * nothing of ours is deleted when Node closes the server, which deletes the name it was bound to.
   */
  async #bind(): Promise<Met> {
    const own = join(this.#folder, `${this.#name}.${process.pid}.sock`);
    const isSuccessor = this.#inode() !== '';
    const server = createServer();
    try {
      rmSync(own, { force: true });
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen({ path: own, backlog: BACKLOG }, resolve);
      });
      renameSync(own, this.path);
      this.#bound = this.#inode();
      return { as: 'leader', server, isSuccessor };
    } catch (error) {
      server.close();
      return { as: 'stranger', problem: (error as NodeJS.ErrnoException).code ?? String(error) };
    }
  }

  /** Only one process at a time may find that nobody leads and bind. */
  async #locked(run: () => Promise<Met>): Promise<Met> {
    const lock = join(this.#folder, `${this.#name}.lock`);
    try {
      closeSync(openSync(lock, 'wx', 0o600));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'EEXIST') return { as: 'stranger', problem: code ?? String(error) };
      breakOld(lock);
      return { as: 'nobody' };
    }
    try {
      return await run();
    } finally {
      rmSync(lock, { force: true });
    }
  }

  #inode(): string {
    try {
      const { dev, ino } = lstatSync(this.path);
      return `${dev}:${ino}`;
    } catch {
      // Nothing is there.
      return '';
    }
  }

  /** The folder is ours alone, so this is a mistake of somebody with our rights: nothing of his is removed. */
  #strangeFile(): string | undefined {
    try {
      const stats = lstatSync(this.path);
      return stats.isSocket() ? undefined : 'what is there is no socket';
    } catch {
      // Nothing is there.
      return undefined;
    }
  }
}

function breakOld(lock: string): void {
  try {
    if (Date.now() - statSync(lock).mtimeMs > LOCK_LIMIT) unlinkSync(lock);
  } catch {
    // Released in between.
  }
}

/** It is not wanted any more. */
export function discard(met: Met): void {
  if (met.as === 'member') met.socket.destroy();
  if (met.as === 'leader') met.server.close();
}
