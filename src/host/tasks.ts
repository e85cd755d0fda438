/** The threads of this process by the kernel's word. Linux only: elsewhere nothing is known. */
import { readdirSync, readFileSync } from 'node:fs';

/** Numbers of all threads that exist; undefined where they can't be listed. Never throws. */
export function livingTasks(): ReadonlySet<number> | undefined {
  try {
    return new Set(readdirSync('/proc/self/task').map(Number));
  } catch {
    // No /proc, not permitted, or no file can be opened any more: that says nothing about any thread.
    return undefined;
  }
}

/** When a thread started, in the kernel's ticks: a number that comes again is another thread. Never throws. */
export function taskStart(tid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/self/task/${tid}/stat`, 'utf8');
    // The name, in parentheses, may hold anything. What follows it begins with field 3; the start is field 22.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    // It is gone, or there is no /proc.
    return undefined;
  }
}
