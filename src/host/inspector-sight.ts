/**
 * Whether an inspector listens in this process, seen from another thread than the one that it is for: SIGUSR1 starts it
 * while that thread is blocked and tells nobody. Linux only: elsewhere, and where nothing can be read, it is not seen.
 */
import { readFileSync } from 'node:fs';
import { OwnSockets } from './own-sockets.ts';
import { readListening } from './socket-tables.ts';
import { livingTasks } from './tasks.ts';

/** The inspector's thread, by the versions of Node.js that name their threads. */
const NAMED = 'InspectorIo';
/** Looks at a thread until its name is its own: it is born with its maker's. */
const SETTLED = 3;

/** What is looked at: the machine's, or a test's. Nothing here may throw. */
export interface Sight {
  /** Threads of the process; undefined: not told. */
  tasks(): ReadonlySet<number> | undefined;
  name(tid: number): string;
  /** A socket of this process listens at the inspector's port. */
  listens(): boolean;
}

/** `port`: at which the inspector would listen; one that is free when it is 0, which cannot be told from any other. */
export function ofMachine(port: number): Sight {
  return { tasks: livingTasks, name: nameOf, listens: () => listensAt(port) };
}

export class InspectorSight {
  readonly #sight: Sight;
  /** Looks at each thread. */
  #known = new Map<number, number>();
  /** Of the inspector. */
  #tid: number | undefined;
  #listened = false;

  constructor(sight: Sight) {
    this.#sight = sight;
    for (const tid of sight.tasks() ?? []) this.#known.set(tid, SETTLED);
  }

  /** About 30 µs while no thread is new. */
  isThere(): boolean {
    const tasks = this.#sight.tasks();
    if (tasks === undefined) return false;
    const unsettled = [...tasks].filter((tid) => (this.#known.get(tid) ?? 0) < SETTLED);
    this.#known = new Map([...tasks].map((tid) => [tid, (this.#known.get(tid) ?? 0) + 1]));
    this.#tid = unsettled.find((tid) => this.#sight.name(tid) === NAMED) ?? this.#tid;
    if (this.#tid !== undefined && tasks.has(this.#tid)) return true;
    // Where threads have no names, a new one may be the inspector's, which then listens.
    if (unsettled.length > 0 || this.#listened) this.#listened = this.#sight.listens();
    return this.#listened;
  }
}

function nameOf(tid: number): string {
  try {
    return readFileSync(`/proc/self/task/${tid}/comm`, 'latin1').trim();
  } catch {
    // It is gone.
    return '';
  }
}

function listensAt(port: number): boolean {
  try {
    const inodes = readListening().flatMap(({ at, inode }) => (at === port ? [inode] : []));
    return inodes.length > 0 && new OwnSockets().among(inodes, 0).size > 0;
  } catch {
    // Not told here.
    return false;
  }
}
