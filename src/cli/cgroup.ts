/** The limits of the control group that this process is in. */
import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { join } from 'node:path/posix';

export interface Limits {
  /** undefined: no control groups, or not readable. */
  readonly version: 1 | 2 | undefined;
  /** Bytes; undefined: no limit below the machine's memory. */
  readonly memory: number | undefined;
  /** CPUs, possibly a fraction; undefined: no limit. */
  readonly cpus: number | undefined;
}

type Read = (path: string) => string | undefined;

/** Never throws. `read` returns a file's text, or undefined when it is not there; default: the machine's files. */
export function readLimits(read: Read = readText, machine = totalmem()): Limits {
  const groups = read('/proc/self/cgroup')?.trim().split('\n') ?? [];
  if (read('/sys/fs/cgroup/cgroup.controllers') !== undefined) return version2(groups, read, machine);
  if (groups.length > 0) return version1(groups, read, machine);
  return { version: undefined, memory: undefined, cpus: undefined };
}

function version2(groups: readonly string[], read: Read, machine: number): Limits {
  const path = groups.find((line) => line.startsWith('0::'))?.slice(3) ?? '/';
  const folders = upwards('/sys/fs/cgroup', path);
  return {
    version: 2,
    memory: least(folders.map((folder) => below(read(join(folder, 'memory.max')), machine))),
    cpus: least(folders.map((folder) => quota(...(read(join(folder, 'cpu.max')) ?? '').trim().split(' ')))),
  };
}

function version1(groups: readonly string[], read: Read, machine: number): Limits {
  const memory = upwards('/sys/fs/cgroup/memory', pathOf(groups, 'memory'));
  const cpu = upwards('/sys/fs/cgroup/cpu', pathOf(groups, 'cpu'));
  return {
    version: 1,
    memory: least(memory.map((folder) => below(read(join(folder, 'memory.limit_in_bytes')), machine))),
    cpus: least(
      cpu.map((folder) => quota(read(join(folder, 'cpu.cfs_quota_us')), read(join(folder, 'cpu.cfs_period_us')))),
    ),
  };
}

/** `4:cpu,cpuacct:/docker/1f` → `/docker/1f`. */
function pathOf(groups: readonly string[], controller: string): string {
  const fields = groups.map((line) => line.split(':')).find(([, names]) => names?.split(',').includes(controller));
  return fields?.slice(2).join(':') ?? '/';
}

/** A group's folder and its parents: a limit on any of them holds. In a container only the topmost may exist. */
function upwards(root: string, path: string): string[] {
  const names = path.split('/').filter((name) => name !== '' && name !== '..');
  return Array.from({ length: names.length + 1 }, (_, kept) => join(root, ...names.slice(0, names.length - kept)));
}

/** Version 1 says "no limit" as a number near 2^63, version 2 as `max`. */
function below(text: string | undefined, machine: number): number | undefined {
  const limit = Number(text?.trim() || Number.NaN);
  return limit > 0 && limit < machine ? limit : undefined;
}

/** Microseconds of CPU per period; -1 or `max` is no limit. */
function quota(allowed?: string, period?: string): number | undefined {
  const cpus = Number(allowed?.trim() || Number.NaN) / Number(period?.trim() || Number.NaN);
  return cpus > 0 ? cpus : undefined;
}

function least(limits: readonly (number | undefined)[]): number | undefined {
  const there = limits.filter((limit) => limit !== undefined);
  return there.length > 0 ? Math.min(...there) : undefined;
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Not there or not allowed: both mean that nothing is known.
    return undefined;
  }
}
