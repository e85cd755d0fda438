/** One sentence for people about a stall. Pure. */
import { basename } from 'node:path';
import type { ChildProcess, ThreadState } from '../host/thread-state.ts';
import type { Cause } from './cause.ts';
import type { ShownFrame } from './frames.ts';
import type { Starvation } from './starvation.ts';

export interface StallStory {
  /** s */
  readonly duration: number;
  readonly cause: Cause;
  readonly culprit: ShownFrame | undefined;
  readonly children: readonly ChildProcess[];
  readonly kernel: ThreadState | undefined;
}

/** `event loop blocked for 1.2 s in compute (app.js:12:3)` */
export function stallTitle({ duration, cause, culprit, children, kernel }: StallStory): string {
  const what = phraseOf(cause, children, kernel);
  const where = culprit && `${culprit.function} (${basename(culprit.file)}:${culprit.line}:${culprit.column})`;
  return [`event loop blocked for ${seconds(duration)}`, what, where && linkTo(cause), where].filter(Boolean).join(' ');
}

/** A native call's stack is told at its return: the caller may have gone on by a step, or have returned itself. */
function linkTo(cause: Cause): string {
  return cause === 'native' || cause === 'child-process' || cause === 'system-call' ? 'that returned to' : 'in';
}

/** `cpu`: share of one that the thread got. */
export function starvedTitle(duration: number, why: Starvation, cpu: number): string {
  const quota = why === 'quota' ? ' the CPU quota of its container is used up, and' : '';
  return `event loop starved of CPU for ${seconds(duration)}:${quota} its thread got ${Math.round(100 * cpu)} % of one`;
}

export function seconds(duration: number): string {
  return `${duration.toFixed(duration < 10 ? 1 : 0)} s`;
}

function phraseOf(cause: Cause, children: readonly ChildProcess[], kernel: ThreadState | undefined): string {
  if (cause === 'gc') return 'by garbage collection near the heap’s limit';
  if (cause === 'native') return 'by a synchronous native call';
  if (cause === 'child-process')
    return `by waiting for the child process ${children.map(({ command }) => command).join(', ')}`;
  if (cause === 'system-call')
    return `by waiting in ${[kernel?.syscall ?? 'a system call', kernel?.file].filter(Boolean).join(' on ')}`;
  if (cause === 'debugger') return 'by a debugger';
  return '';
}
