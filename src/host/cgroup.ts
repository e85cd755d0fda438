/**
 * The control groups that this process is in: where they are mounted, what they allow, what they count. Pure apart from
 * the reading, which can be given. Sources: cgroups(7), Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/.
 */
import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { join } from 'node:path/posix';

export interface Limits {
  /** Of the group that limits memory, or CPU; undefined: no control groups, or not readable. */
  readonly version: 1 | 2 | undefined;
  /** Bytes; undefined: no limit below the machine's memory. */
  readonly memory: number | undefined;
  /** CPUs, possibly a fraction; undefined: no limit. */
  readonly cpus: number | undefined;
}

/** Since the group was made; undefined: not counted here. */
export interface Counts {
  /** Periods in which the CPU limit was enforced, and those in which it held threads back. */
  readonly periods: number | undefined;
  readonly throttledPeriods: number | undefined;
  /** Seconds that threads were held back, of all of them together. */
  readonly throttled: number | undefined;
  /** Processes of the group that the kernel killed for want of memory. */
  readonly oomKills: number | undefined;
}

/** Returns a file's text, or undefined when it is not there. */
export type Read = (path: string) => string | undefined;

/** A group's folder and those above it that are seen, nearest first: a limit on any of them holds. */
export interface Group {
  readonly version: 1 | 2;
  readonly folders: readonly string[];
}

/** The groups that limit this process: one for each controller, since versions may be mixed. */
export interface Groups {
  readonly memory: Group | undefined;
  readonly cpu: Group | undefined;
}

/** Never throws. Default: the machine's files. */
export function findGroups(read: Read = readText): Groups {
  const groups = (read('/proc/self/cgroup') ?? '').split('\n').map(parseGroup);
  const mounts = (read('/proc/self/mountinfo') ?? '').split('\n').map(parseMount);
  return { memory: groupOf('memory', groups, mounts), cpu: groupOf('cpu', groups, mounts) };
}

/** Never throws. */
export function readLimits({ memory, cpu }: Groups, read: Read = readText, machine = totalmem()): Limits {
  return {
    version: memory?.version ?? cpu?.version,
    memory: least(memory?.folders.map((folder) => memoryLimit(memory.version, folder, read, machine))),
    cpus: least(cpu?.folders.map((folder) => cpuLimit(cpu.version, folder, read))),
  };
}

/** Never throws. CPU counts are those of the group whose limit is the smallest: they are absent where none is limited. */
export function readCounts({ memory, cpu }: Groups, read: Read = readText): Counts {
  const limits = cpu?.folders.map((folder) => cpuLimit(cpu.version, folder, read)) ?? [];
  const limit = least(limits);
  const stat = limit === undefined ? undefined : read(join(cpu!.folders[limits.indexOf(limit)]!, 'cpu.stat'));
  const microseconds = number(stat, 'throttled_usec');
  const nanoseconds = number(stat, 'throttled_time');
  const events = memory?.version === 2 ? 'memory.events' : 'memory.oom_control';
  return {
    periods: number(stat, 'nr_periods'),
    throttledPeriods: number(stat, 'nr_throttled'),
    throttled: microseconds === undefined ? nanoseconds && nanoseconds / 1e9 : microseconds / 1e6,
    oomKills: memory && number(read(join(memory.folders[0]!, events)), 'oom_kill'),
  };
}

/** Where both versions are mounted (hybrid), a controller belongs to one of them: version 1 names it. */
function groupOf(controller: string, groups: readonly Membership[], mounts: readonly Mount[]): Group | undefined {
  const first = groups.find(({ id, controllers }) => id !== '0' && controllers.includes(controller));
  if (first) {
    const mount = mounts.find(({ type, options }) => type === 'cgroup' && options.includes(controller));
    return mount && { version: 1, folders: foldersOf(mount, first.path) };
  }
  const second = groups.find(({ id, controllers }) => id === '0' && controllers[0] === '');
  const mount = mounts.find(({ type }) => type === 'cgroup2');
  return second && mount && { version: 2, folders: foldersOf(mount, second.path) };
}

interface Membership {
  readonly id: string;
  readonly controllers: readonly string[];
  readonly path: string;
}

/** `4:cpu,cpuacct:/docker/1f`, in version 2 `0::/system.slice/shop.service` */
function parseGroup(line: string): Membership {
  const [id = '', controllers = '', ...path] = line.split(':');
  return { id, controllers: controllers.split(','), path: path.join(':') };
}

interface Mount {
  /** The part of the hierarchy that is mounted. */
  readonly root: string;
  readonly point: string;
  readonly type: string;
  readonly options: readonly string[];
}

/** `35 31 0:32 / /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory`, proc_pid_mountinfo(5) */
function parseMount(line: string): Mount {
  const [before = '', after = ''] = line.split(' - ');
  const [, , , root = '/', point = '/'] = before.split(' ').map(unescapeOctal);
  const [type = '', , options = ''] = after.split(' ');
  return { root, point, type, options: options.split(',') };
}

/** Blanks and the like in paths are written `\040`. */
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits) => String.fromCharCode(Number.parseInt(digits, 8)));
}

/** A container may see its own part of the hierarchy only, as root, while its path is told from the host's root. */
function foldersOf({ root, point }: Mount, path: string): string[] {
  const base = root === '/' ? '' : root;
  const below = path === base || path.startsWith(`${base}/`) ? path.slice(base.length) : '/';
  const names = below.split('/').filter((name) => name !== '' && name !== '..' && name !== '.');
  return Array.from({ length: names.length + 1 }, (_, left) => join(point, ...names.slice(0, names.length - left)));
}

/** Version 1 says "no limit" as a number near 2^63, version 2 as `max`. */
function memoryLimit(version: 1 | 2, folder: string, read: Read, machine: number): number | undefined {
  const text = read(join(folder, version === 2 ? 'memory.max' : 'memory.limit_in_bytes'));
  const limit = Number(text?.trim() || Number.NaN);
  return limit > 0 && limit < machine ? limit : undefined;
}

function cpuLimit(version: 1 | 2, folder: string, read: Read): number | undefined {
  if (version === 2) return quota(...(read(join(folder, 'cpu.max')) ?? '').trim().split(' '));
  return quota(read(join(folder, 'cpu.cfs_quota_us')), read(join(folder, 'cpu.cfs_period_us')));
}

/** Microseconds of CPU per period; -1 or `max` is no limit. */
function quota(allowed?: string, period?: string): number | undefined {
  const cpus = Number(allowed?.trim() || Number.NaN) / Number(period?.trim() || Number.NaN);
  return cpus > 0 && Number.isFinite(cpus) ? cpus : undefined;
}

function least(limits: readonly (number | undefined)[] = []): number | undefined {
  const there = limits.filter((limit) => limit !== undefined);
  return there.length > 0 ? Math.min(...there) : undefined;
}

/** The number of a line `name 123`. */
function number(text: string | undefined, name: string): number | undefined {
  const line = text?.split('\n').find((each) => each.startsWith(`${name} `));
  const value = Number(line?.slice(name.length + 1).trim() || Number.NaN);
  return value >= 0 && Number.isFinite(value) ? value : undefined;
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    // Not there or not allowed: both mean that nothing is known.
    return undefined;
  }
}
