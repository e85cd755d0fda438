import test from 'ava';
import { readLimits } from '../../src/host/cgroup.ts';

const MACHINE = 8e9;
const limits = (files: Record<string, string>) => readLimits((path) => files[path], MACHINE);

test('version 2: the smallest limit of the group and its parents holds', (t) => {
  const files = {
    '/sys/fs/cgroup/cgroup.controllers': 'cpu memory\n',
    '/proc/self/cgroup': '0::/system.slice/shop.service\n',
    '/sys/fs/cgroup/system.slice/memory.max': '500000000\n',
    '/sys/fs/cgroup/system.slice/shop.service/memory.max': 'max\n',
    '/sys/fs/cgroup/system.slice/cpu.max': '200000 100000\n',
    '/sys/fs/cgroup/system.slice/shop.service/cpu.max': '50000 100000\n',
  };
  t.deepEqual(limits(files), { version: 2, memory: 500_000_000, cpus: 0.5 });
});

test('version 2 in a container: the root of what is seen holds the limit', (t) => {
  const files = {
    '/sys/fs/cgroup/cgroup.controllers': '',
    '/proc/self/cgroup': '0::/\n',
    '/sys/fs/cgroup/memory.max': '268435456\n',
    '/sys/fs/cgroup/cpu.max': 'max 100000\n',
  };
  t.deepEqual(limits(files), { version: 2, memory: 268_435_456, cpus: undefined });
});

test('version 1: no limit is a number near 2^63 and a quota of -1', (t) => {
  const files = {
    '/proc/self/cgroup': '9:memory:/docker/1f\n4:cpu,cpuacct:/docker/1f\n',
    '/sys/fs/cgroup/memory/docker/1f/memory.limit_in_bytes': '9223372036854771712\n',
    '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1\n',
    '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
  };
  t.deepEqual(limits(files), { version: 1, memory: undefined, cpus: undefined });
});

test('version 1: limits are read where the container shows them', (t) => {
  const files = {
    '/proc/self/cgroup': '9:memory:/docker/1f\n4:cpu,cpuacct:/docker/1f\n',
    '/sys/fs/cgroup/memory/memory.limit_in_bytes': '1073741824\n',
    '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '150000\n',
    '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
  };
  t.deepEqual(limits(files), { version: 1, memory: 1_073_741_824, cpus: 1.5 });
});

test('nothing to read, or nonsense, is no limit', (t) => {
  t.deepEqual(limits({}), { version: undefined, memory: undefined, cpus: undefined });
  const files = {
    '/sys/fs/cgroup/cgroup.controllers': '',
    '/proc/self/cgroup': 'nonsense',
    '/sys/fs/cgroup/memory.max': '',
    '/sys/fs/cgroup/cpu.max': 'x y z',
  };
  t.deepEqual(limits(files), { version: 2, memory: undefined, cpus: undefined });
});

test('a group path that climbs out stays below the root', (t) => {
  const read: string[] = [];
  readLimits((path) => {
    read.push(path);
    return path === '/proc/self/cgroup' ? '0::/../../etc\n' : '';
  }, MACHINE);
  t.true(read.every((path) => path.startsWith('/sys/fs/cgroup') || path === '/proc/self/cgroup'));
});
