/**
 * What a thread of this process is doing, by the kernel's word: Linux's `/proc`, sources and units as in proc(5). Where it
 * does not tell, fields are absent. About 50 µs a reading.
 */
import { readFileSync, readlinkSync } from 'node:fs';
import { isOnFile, syscallName } from './syscalls.ts';

export interface ThreadState {
  /** R runs or wants to, S sleeps, D waits for a device, T was stopped by a signal, t by a tracer. */
  readonly state: string;
  /** ms on a CPU since the thread began. */
  readonly cpu: number;
  /** ms it was ready to run and waited for a CPU. */
  readonly wait?: number;
  /** The system call that it waits in. */
  readonly syscall?: string;
  /** What the file descriptor of that call is: a path, or `socket:[inode]`, `pipe:[inode]`. */
  readonly file?: string;
  /** The kernel's function that it sleeps in. */
  readonly wchan?: string;
}

export interface ChildProcess {
  readonly pid: number;
  readonly command: string;
}

/** ms of one clock tick: USER_HZ is 100 on every architecture that Node.js runs on. */
const TICK = 10;
/** Children that are looked at. */
const CHILDREN_LIMIT = 64;

/** Undefined when there is no such thread, or no `/proc`. */
export function readThreadState(tid: number): ThreadState | undefined {
  const folder = `/proc/self/task/${tid}`;
  const stat = parseStat(textOf(`${folder}/stat`));
  if (stat === undefined) return undefined;
  const { state } = stat;
  const { cpu = stat.cpu, wait } = parseSchedstat(textOf(`${folder}/schedstat`)) ?? {};
  if (state === 'R') return { state, cpu, wait };
  const call = parseSyscall(textOf(`${folder}/syscall`), process.arch);
  const file = call?.descriptor === undefined ? undefined : fileOf(call.descriptor);
  return { state, cpu, wait, syscall: call?.name, file, wchan: parseWchan(textOf(`${folder}/wchan`)) };
}

/** CPU ms of the thread that calls, and ms it waited for a CPU; undefined where the kernel does not tell. */
export function readOwnSchedule(): { readonly cpu: number; readonly wait: number } | undefined {
  return parseSchedstat(textOf('/proc/thread-self/schedstat'));
}

/** Child processes that this thread started in the last `age` ms and that still run. */
export function childrenSince(tid: number, age: number): readonly ChildProcess[] {
  const pids = textOf(`/proc/self/task/${tid}/children`)?.split(' ').filter(Boolean).slice(-CHILDREN_LIMIT) ?? [];
  const uptime = pids.length > 0 ? readUptime() : undefined;
  if (uptime === undefined) return [];
  const found: ChildProcess[] = [];
  for (const pid of pids) {
    const stat = parseStat(textOf(`/proc/${pid}/stat`));
    if (stat && stat.state !== 'Z' && uptime - stat.started <= age)
      found.push({ pid: Number(pid), command: stat.command });
  }
  return found;
}

/** ms since the machine was started, the time it was suspended included. */
export function readUptime(): number | undefined {
  const seconds = Number.parseFloat(textOf('/proc/uptime') ?? '');
  return Number.isNaN(seconds) ? undefined : seconds * 1e3;
}

/** The command's name may hold spaces and parentheses: fields are counted from its last `)`. */
export function parseStat(
  text: string | undefined,
): { readonly command: string; readonly state: string; readonly cpu: number; readonly started: number } | undefined {
  const end = text?.lastIndexOf(')') ?? -1;
  if (text === undefined || end < 0) return undefined;
  const fields = text.slice(end + 2).split(' ');
  return {
    command: text.slice(text.indexOf('(') + 1, end),
    state: fields[0]!,
    cpu: (Number(fields[11]) + Number(fields[12])) * TICK,
    started: Number(fields[19]) * TICK,
  };
}

/** Undefined also when it holds zeros only: the kernel was built without these statistics. */
export function parseSchedstat(text: string | undefined): { readonly cpu: number; readonly wait: number } | undefined {
  const [cpu, wait] = (text ?? '').split(' ').map(Number);
  return cpu && wait !== undefined ? { cpu: cpu / 1e6, wait: wait / 1e6 } : undefined;
}

/** Undefined while it runs (`running`), and while it is in no call (`-1 …`). */
export function parseSyscall(
  text: string | undefined,
  architecture: string,
): { readonly name: string; readonly descriptor?: number } | undefined {
  const [number, first] = (text ?? '').split(' ');
  if (!/^\d+$/.test(number!)) return undefined;
  const name = syscallName(Number(number), architecture);
  return isOnFile(name) && first !== undefined ? { name, descriptor: Number(first) } : { name };
}

function parseWchan(text: string | undefined): string | undefined {
  return text && text !== '0' ? text : undefined;
}

function fileOf(descriptor: number): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return undefined;
  }
}

/** Undefined for what is not there, is gone, or is not for us. */
function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'latin1').trim();
  } catch {
    return undefined;
  }
}
