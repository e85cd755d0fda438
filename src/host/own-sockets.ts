/** Which sockets this process has open: by inode, since the tables of the kernel show those of everybody. */
import { fstatSync, readdirSync } from 'node:fs';
import { Paced } from './paced.ts';

const FOLDER = '/proc/self/fd';
/** ms between two looks through all descriptors. */
const LOOK = 1000;
/** ms after which they are looked through although nothing is new: a process may be handed an old socket. */
const RELOOK = 20_000;

export class OwnSockets {
  /** Inode → descriptor, as of the last look. */
  #known = new Map<number, number>();
  /** Inodes asked for that the last look did not find. */
  readonly #foreign = new Set<number>();
  #lookedAt = Number.NEGATIVE_INFINITY;
  readonly #look = new Paced<void>((time) => this.#lookThrough(time), LOOK);

  /** Those of `inodes` that are open here now. One opened since the last look may be missing while looking is costly. */
  among(inodes: Iterable<number>, time: number): Set<number> {
    const wanted = [...inodes];
    const found = wanted.filter((inode) => this.#isOpen(inode));
    const own = new Set(found);
    const isNew = (inode: number) => !own.has(inode) && !this.#foreign.has(inode);
    if (!wanted.some(isNew) && time - this.#lookedAt < RELOOK) return own;
    if (!this.#look.isDue(time)) return own;
    this.#look.get(time);
    for (const inode of wanted) {
      if (this.#known.has(inode)) own.add(inode);
      else this.#foreign.add(inode);
    }
    return own;
  }

  /** Whether it was open at the last look. */
  had(inode: number): boolean {
    return this.#known.has(inode);
  }

  #isOpen(inode: number): boolean {
    const fd = this.#known.get(inode);
    return fd !== undefined && inodeOf(fd) === inode;
  }

  #lookThrough(time: number): void {
    const known = new Map<number, number>();
    for (const name of readdirSync(FOLDER)) {
      const inode = inodeOf(Number(name));
      if (inode !== undefined) known.set(inode, Number(name));
    }
    this.#known = known;
    this.#foreign.clear();
    this.#lookedAt = time;
  }
}

/** Undefined when the descriptor is no socket, or closed by now. */
function inodeOf(fd: number): number | undefined {
  try {
    const stats = fstatSync(fd);
    return stats.isSocket() ? stats.ino : undefined;
  } catch {
    // Closed since it was listed, by the app or by this listing itself: not a socket of this process any more.
    return undefined;
  }
}
