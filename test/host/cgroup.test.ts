import test from 'ava';
import { findGroups, type Read, readCounts, readLimits } from '../../src/host/cgroup.ts';
import { containerLimits } from '../../src/host/container-limits.ts';
import { HostProbes } from '../../src/reporter/host-probes.ts';
import { pointsOf, readingOf } from '../store/metrics.ts';

const MACHINE = 8e9;
type Files = Record<string, string>;
const limitsBy = (read: Read) => readLimits(findGroups(read), read, MACHINE);
const limits = (files: Files) => limitsBy((path) => files[path]);
const counts = (files: Files) => {
  const read = (path: string) => files[path];
  return readCounts(findGroups(read), read);
};

const UNIFIED =
  '30 23 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:4 - cgroup2 cgroup2 rw,nsdelegate\n';
const NOTHING = { periods: undefined, throttledPeriods: undefined, throttled: undefined, oomKills: undefined };

/** Of this project's own machine: version 1 with an empty version 2 beside it. */
const HYBRID = `31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
`;

test('Version 2: the smallest limit of the group and its parents holds', (t) => {
  const files = {
    '/proc/self/mountinfo': UNIFIED,
    '/proc/self/cgroup': '0::/system.slice/shop.service\n',
    '/sys/fs/cgroup/system.slice/memory.max': '500000000\n',
    '/sys/fs/cgroup/system.slice/shop.service/memory.max': 'max\n',
    '/sys/fs/cgroup/system.slice/cpu.max': '200000 100000\n',
    '/sys/fs/cgroup/system.slice/shop.service/cpu.max': '50000 100000\n',
  };
  t.deepEqual(limits(files), { version: 2, memory: 500_000_000, cpus: 0.5 });
});

test('Version 2 in a container: the root of what is seen holds the limit', (t) => {
  const files = {
    '/proc/self/mountinfo': `660 650 0:26 / /sys/fs/cgroup ro,nosuid - cgroup2 cgroup rw\n`,
    '/proc/self/cgroup': '0::/\n',
    '/sys/fs/cgroup/memory.max': '268435456\n',
    '/sys/fs/cgroup/cpu.max': 'max 100000\n',
  };
  t.deepEqual(limits(files), { version: 2, memory: 268_435_456, cpus: undefined });
});

test('Version 2 counts throttling where the limit is, and OOM kills of the own group', (t) => {
  const files = {
    '/proc/self/mountinfo': UNIFIED,
    '/proc/self/cgroup': '0::/pod/app\n',
    '/sys/fs/cgroup/pod/cpu.max': '50000 100000\n',
    '/sys/fs/cgroup/pod/cpu.stat': 'usage_usec 9\nnr_periods 400\nnr_throttled 31\nthrottled_usec 2500000\n',
    '/sys/fs/cgroup/pod/app/cpu.max': 'max 100000\n',
    '/sys/fs/cgroup/pod/app/cpu.stat': 'usage_usec 9\nnr_periods 0\nnr_throttled 0\nthrottled_usec 0\n',
    '/sys/fs/cgroup/pod/app/memory.events': 'low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\noom_group_kill 0\n',
  };
  t.deepEqual(counts(files), { periods: 400, throttledPeriods: 31, throttled: 2.5, oomKills: 2 });
});

test('Version 1: no limit is a number near 2^63 and a quota of -1, and without a limit nothing is throttled', (t) => {
  const files = {
    '/proc/self/mountinfo': HYBRID,
    '/proc/self/cgroup': '9:memory:/docker/1f\n4:cpu,cpuacct:/docker/1f\n',
    '/sys/fs/cgroup/memory/docker/1f/memory.limit_in_bytes': '9223372036854771712\n',
    '/sys/fs/cgroup/memory/docker/1f/memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 4\n',
    '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1\n',
    '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
    '/sys/fs/cgroup/cpu/cpu.stat': 'nr_periods 0\nnr_throttled 0\nthrottled_time 0\n',
  };
  t.deepEqual(limits(files), { version: 1, memory: undefined, cpus: undefined });
  t.deepEqual(counts(files), { ...NOTHING, oomKills: 4 });
});

test('Version 1 in a container: what is mounted is the own part, whose path is told from the host’s root', (t) => {
  const files = {
    '/proc/self/mountinfo': `700 690 0:32 /docker/1f /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory
701 690 0:29 /docker/1f /sys/fs/cgroup/cpu,cpuacct ro - cgroup cgroup rw,cpu,cpuacct
`,
    '/proc/self/cgroup': '9:memory:/docker/1f/inner\n4:cpu,cpuacct:/docker/1f\n',
    '/sys/fs/cgroup/memory/memory.limit_in_bytes': '1073741824\n',
    '/sys/fs/cgroup/memory/inner/memory.limit_in_bytes': '536870912\n',
    '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '150000\n',
    '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '100000\n',
    '/sys/fs/cgroup/cpu,cpuacct/cpu.stat': 'nr_periods 10\nnr_throttled 5\nthrottled_time 1500000000\n',
  };
  t.deepEqual(limits(files), { version: 1, memory: 536_870_912, cpus: 1.5 });
  t.deepEqual(counts(files), { periods: 10, throttledPeriods: 5, throttled: 1.5, oomKills: undefined });
});

test('Hybrid: a controller is read where it is, whatever else is mounted', (t) => {
  const files = {
    '/proc/self/mountinfo': HYBRID,
    '/proc/self/cgroup': '4:memory:/api/5f\n1:cpu:/\n0::/\n',
    '/sys/fs/cgroup/memory/api/memory.limit_in_bytes': '2000000000\n',
    '/sys/fs/cgroup/unified/memory.max': '1000\n',
    '/sys/fs/cgroup/unified/cpu.max': '1000 100000\n',
  };
  t.deepEqual(limits(files), { version: 1, memory: 2_000_000_000, cpus: undefined });
  const other = { ...files, '/proc/self/cgroup': '4:memory:/api/5f\n0::/\n' };
  t.is(limits(other).cpus, 0.01, 'version 2 has the controllers that version 1 does not name');
});

test('A limit of the machine’s size or more, of nothing, or absurd, is none', (t) => {
  for (const text of ['8000000000', '99999999999999', '0', '-5', 'max', '', ' \n', 'x', '1e400', 'NaN']) {
    const files = { '/proc/self/mountinfo': UNIFIED, '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/memory.max': text };
    t.is(limits(files).memory, undefined, JSON.stringify(text));
  }
  for (const text of ['max 100000', '0 100000', '100000 0', '-1 100000', '50000', '', 'x y z', 'Infinity 1']) {
    const files = { '/proc/self/mountinfo': UNIFIED, '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': text };
    t.is(limits(files).cpus, undefined, JSON.stringify(text));
  }
});

test('Nothing to read, or nonsense, is no limit and no count', (t) => {
  const none = { version: undefined, memory: undefined, cpus: undefined };
  for (const files of [
    {},
    { '/proc/self/cgroup': '0::/\n' },
    { '/proc/self/mountinfo': UNIFIED },
    { '/proc/self/mountinfo': 'nonsense', '/proc/self/cgroup': 'nonsense' },
    { '/proc/self/mountinfo': HYBRID, '/proc/self/cgroup': '3:name=systemd:/\n' },
  ] as Files[]) {
    t.deepEqual(limits(files), none, JSON.stringify(files));
    t.deepEqual(counts(files), NOTHING);
  }
});

test('A mount whose path has blanks is found, and a group path that climbs out stays below the mount', (t) => {
  const files = {
    '/proc/self/mountinfo': '30 23 0:26 / /mnt/my\\040groups rw - cgroup2 cgroup2 rw\n',
    '/proc/self/cgroup': '0::/../../etc\n',
    '/mnt/my groups/memory.max': '1000000\n',
  };
  const read: string[] = [];
  const found = limitsBy((path) => {
    read.push(path);
    return files[path as keyof typeof files];
  });
  t.is(found.memory, 1_000_000);
  t.deepEqual(
    read.filter((path) => !path.startsWith('/proc/self/') && !path.startsWith('/mnt/my groups/')),
    [],
  );
});

test('What the container allows and counts becomes metrics that count from the start; what is not told is absent', (t) => {
  const files: Files = {
    '/proc/self/mountinfo': UNIFIED,
    '/proc/self/cgroup': '0::/\n',
    '/sys/fs/cgroup/memory.max': '1000000\n',
    '/sys/fs/cgroup/cpu.max': '50000 100000\n',
    '/sys/fs/cgroup/cpu.stat': 'nr_periods 400\nnr_throttled 31\nthrottled_usec 2500000\n',
    '/sys/fs/cgroup/memory.events': 'oom_kill 0\n',
  };
  const host = new HostProbes([containerLimits((path) => files[path])], 0, (_, line) => t.fail(line));
  host.tick(0);
  files['/sys/fs/cgroup/cpu.stat'] = 'nr_periods 440\nnr_throttled 41\nthrottled_usec 3500000\n';
  files['/sys/fs/cgroup/memory.events'] = 'oom_kill 1\n';
  const metrics = host.metrics(60_000);
  t.is(readingOf(metrics, 'loadline.memory.limit', { limit: 'container' }), 1_000_000);
  t.is(readingOf(metrics, 'loadline.cpu.limit'), 0.5);
  t.is(readingOf(metrics, 'loadline.cpu.periods'), 40);
  t.is(readingOf(metrics, 'loadline.cpu.throttled.periods'), 10);
  t.is(readingOf(metrics, 'loadline.cpu.throttled.time'), 1);
  t.is(readingOf(metrics, 'loadline.memory.oom_kills'), 1);
  delete files['/sys/fs/cgroup/cpu.max'];
  delete files['/sys/fs/cgroup/memory.events'];
  const later = host.metrics(200_000);
  for (const name of ['cpu.limit', 'cpu.periods', 'cpu.throttled.time', 'memory.oom_kills']) {
    t.deepEqual(pointsOf(later, `loadline.${name}`), [], name);
  }
  t.is(host.metrics(300_000, 'process').filter(({ metric }) => metric.name !== 'loadline.probe.time').length, 0);
});
