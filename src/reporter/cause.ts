/** Why the loop is blocked: from what was seen of a stall to one word. Pure. */
import type { ChildProcess } from '../host/thread-state.ts';

/**
 * - `javascript`: code of the app runs
 * - `gc`: garbage is collected again and again, near the heap's limit
 * - `running`: it uses the CPU, and no stack was asked for that would tell by what
 * - `native`: a synchronous call that runs in native code (`JSON.parse` of much, `crypto`, `zlib` … `Sync`)
 * - `child-process`: it waits for a child process (`execSync`)
 * - `system-call`: it waits in a system call (`readSync` of a pipe, `Atomics.wait`)
 * - `debugger`: a debugger or tracer stopped the thread
 * - `unknown`: nothing could be learnt (yet)
 */
export type Cause =
  | 'javascript'
  | 'gc'
  | 'running'
  | 'native'
  | 'child-process'
  | 'system-call'
  | 'debugger'
  | 'unknown';

export interface Observed {
  /** Questions for the stack that were answered; undefined when none was asked. */
  readonly answers: number | undefined;
  /**
   * ms the thread ran, or waited for something else than a CPU, since the first question for its stack, and how many of
   * them it left a question unanswered.
   */
  readonly watched: number;
  readonly silent: number;
  /** Looks at the thread, by the kernel's state letter; empty without the kernel's word. */
  readonly states: Readonly<Record<string, number>>;
  readonly children: readonly ChildProcess[];
  /** Bytes of heap in use at the fullest, and its limit; 0 when unknown. */
  readonly heapUsed: number;
  readonly heapLimit: number;
  /** CPU of the process's other threads, the agent's own left out, for each second of the thread's own. */
  readonly helpers: number;
  /** The inspector listens. */
  readonly isInspected: boolean;
}

/** From this share of its limit on a heap is so full that collecting gains little. */
const FULL_HEAP = 0.8;
/** Bytes of V8's limit that are for young objects: three semi-spaces of 16 MiB. They hold nothing for long. */
const YOUNG = 48 * 1024 * 1024;
/** What V8's helper threads burn beside a thread that collects without an end. */
const BUSY_HELPERS = 0.1;
/** ms after which a question that is not answered means something. */
export const SILENCE = 50;
/** Share of the watched time. */
const MOST = 0.5;

export function causeOf(observed: Observed): Cause {
  const { answers, watched, silent, children, isInspected } = observed;
  if (share(observed, 'tT') >= MOST) return 'debugger';
  const isSilent = answers === undefined || (silent >= SILENCE && silent > MOST * watched);
  if (isSilent && share(observed, 'SD') >= MOST) {
    if (isInspected) return 'debugger';
    return children.length > 0 ? 'child-process' : 'system-call';
  }
  if (isCollecting(observed)) return 'gc';
  if (answers === undefined) return share(observed, 'R') >= MOST ? 'running' : 'unknown';
  if (answers === 0 && !isSilent) return 'unknown';
  return isSilent ? 'native' : 'javascript';
}

/** Share of the looks that saw the thread in one of these states. */
export function share({ states }: Pick<Observed, 'states'>, letters: string): number {
  let seen = 0;
  let all = 0;
  for (const [letter, count] of Object.entries(states)) {
    all += count;
    if (letters.includes(letter)) seen += count;
  }
  return all === 0 ? 0 : seen / all;
}

function isCollecting({ heapUsed, heapLimit, helpers }: Observed): boolean {
  const old = Math.max(heapLimit / 2, heapLimit - YOUNG);
  return heapLimit > 0 && heapUsed >= FULL_HEAP * old && helpers >= BUSY_HELPERS;
}
