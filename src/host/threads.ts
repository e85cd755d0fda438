/** CPU time by kind of thread, and the time that threads could have run and had no CPU. */
import { closeSync, openSync, readdirSync, readlinkSync, readSync } from 'node:fs';
import { basename } from 'node:path/posix';
import type { Metric } from '../snapshot/metric.ts';
import type { HostProbe } from './host-probe.ts';
import { Paced } from './paced.ts';

const CPU: Metric = {
  name: 'loadline.thread.cpu.time',
  kind: 'counter',
  unit: 's',
  help: 'CPU time by kind of thread.',
};
const WAIT: Metric = {
  name: 'loadline.thread.wait.time',
  kind: 'counter',
  unit: 's',
  help: 'Time that threads of a kind could have run and waited for a CPU.',
};

const FOLDER = '/proc/self/task';
/** ms between two readings, at least. */
const LEAST = 500;

/** By what Node and libuv call their threads; versions that give no names leave them `other`. */
export type Kind = 'main' | 'reporter' | 'pool' | 'v8' | 'worker' | 'other';
const NAMES: ReadonlyMap<string, Kind> = new Map([
  ['libuv-worker', 'pool'],
  ['V8Worker', 'v8'],
  ['node-V8Worker', 'v8'],
  ['WorkerThread', 'worker'],
]);

/** Nanoseconds since the thread began. */
export interface Spent {
  readonly cpu: number;
  readonly wait: number;
}

interface Thread {
  readonly kind: Kind;
  readonly spent: Spent;
  /** Threads are born with their maker's name and take their own a little later. */
  readonly looks: number;
}

const buffer = Buffer.alloc(128);

/** `workers`: the kernel's numbers of the app's worker threads that tell them, whatever they are called. Must not throw. */
export function threads(workers: () => ReadonlySet<number> = () => new Set()): HostProbe {
  const totals = new Map<Kind, { cpu: number; wait: number }>();
  let known = new Map<string, Thread>();
  const own = ownThread();

  const readings = new Paced(() => {
    const alive = new Map<string, Thread>();
    const told = workers();
    for (const tid of readdirSync(FOLDER)) {
      const spent = parseSchedstat(read(`${FOLDER}/${tid}/schedstat`));
      if (spent === undefined) continue;
      const before = sameThread(known.get(tid), spent);
      const thread = told.has(Number(tid)) ? ofWorker(spent, before) : follow(tid, spent, before, own);
      alive.set(tid, thread);
      credit(totals, thread, before);
    }
    known = alive;
    return totals;
  }, LEAST);

  return {
    name: 'threads',
    metrics: [CPU, WAIT],
    tick: (time) => void readings.get(time),
    read(put, time) {
      const found = readings.get(time);
      if (found.size === 0) throw new Error(`${FOLDER}/*/schedstat tells nothing`);
      for (const [thread, { cpu, wait }] of found) {
        put(CPU, cpu / 1e9, { thread });
        put(WAIT, wait / 1e9, { thread });
      }
    },
  };
}

/** CPU time and wait of `3046710 1296513 19`; undefined where the kernel does not count (all zero), or it is gone. */
export function parseSchedstat(text: string): Spent | undefined {
  const [cpu = Number.NaN, wait = Number.NaN] = text.trim().split(' ').map(Number);
  return cpu > 0 && wait >= 0 ? { cpu, wait } : undefined;
}

/** What a thread of this name is. `tid` is compared with the process's first thread, which has the process's id. */
export function kindOf(tid: string, name: string, own: string | undefined): Kind {
  if (tid === String(process.pid)) return 'main';
  if (tid === own) return 'reporter';
  return NAMES.get(name) ?? 'other';
}

function follow(tid: string, spent: Spent, before: Thread | undefined, own: string | undefined): Thread {
  const looks = (before?.looks ?? 0) + 1;
  if (before && (before.kind !== 'other' || looks > 3)) return { kind: before.kind, spent, looks };
  return { kind: kindOf(tid, read(`${FOLDER}/${tid}/comm`).trim(), own), spent, looks };
}

function ofWorker(spent: Spent, before: Thread | undefined): Thread {
  return { kind: 'worker', spent, looks: (before?.looks ?? 0) + 1 };
}

/** An id that has spent less than before is another thread's by now. */
function sameThread(before: Thread | undefined, { cpu, wait }: Spent): Thread | undefined {
  return before && cpu >= before.spent.cpu && wait >= before.spent.wait ? before : undefined;
}

/** Adds what the thread spent since it was last seen, so what one that ended has spent stays. */
function credit(totals: Map<Kind, { cpu: number; wait: number }>, { kind, spent }: Thread, before?: Thread): void {
  const total = totals.get(kind) ?? { cpu: 0, wait: 0 };
  totals.set(kind, total);
  total.cpu += spent.cpu - (before?.spent.cpu ?? 0);
  total.wait += spent.wait - (before?.spent.wait ?? 0);
}

/** Empty when the thread has ended. */
function read(path: string): string {
  try {
    const fd = openSync(path, 'r');
    try {
      return buffer.toString('latin1', 0, readSync(fd, buffer, 0, buffer.length, 0));
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return '';
    throw error;
  }
}

/** The id of the thread that calls; undefined before Linux 3.17. */
function ownThread(): string | undefined {
  try {
    return basename(readlinkSync('/proc/thread-self'));
  } catch {
    // Not told: the thread counts as whatever its name says.
    return undefined;
  }
}
