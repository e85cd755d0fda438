/** Whether a process of this machine is there. */
import { readFileSync } from 'node:fs';

/** True when no process has that id, or only what is left of one until its parent asks (a zombie). Never throws. */
export function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
  return stateOf(pid) === 'Z';
}

/** The kernel's letter for it (proc_pid_stat(5)): `T` stopped, `Z` zombie, …; undefined where there is no `/proc`. */
export function stateOf(pid: number): string | undefined {
  try {
    return /\) (\w) /.exec(readFileSync(`/proc/${pid}/stat`, 'latin1'))?.[1];
  } catch {
    // Gone in between, or another system: then `kill` has said all there is to know.
    return undefined;
  }
}
