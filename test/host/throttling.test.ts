import test from 'ava';
import { Throttling } from '../../src/host/throttling.ts';

const FILES: Record<string, string> = {
  '/proc/self/mountinfo': '30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw\n',
  '/proc/self/cgroup': '0::/pod/app\n',
  '/sys/fs/cgroup/pod/app/cpu.max': '50000 100000\n',
  '/sys/fs/cgroup/pod/app/cpu.stat': 'nr_periods 400\nnr_throttled 31\nthrottled_usec 2500000\n',
};

test('The time that threads were held back is read each time, in ms, and absent without a quota', (t) => {
  const files: Record<string, string> = { ...FILES };
  const throttling = new Throttling((path) => files[path]);
  t.is(throttling.total(0), 2500);
  files['/sys/fs/cgroup/pod/app/cpu.stat'] = 'throttled_usec 2600000\n';
  t.is(throttling.total(1), 2600);
  files['/sys/fs/cgroup/pod/app/cpu.max'] = 'max 100000\n';
  t.is(throttling.total(2), undefined);
});

test('The group is looked for again after a while: a process may be moved', (t) => {
  const files: Record<string, string> = { ...FILES, '/proc/self/cgroup': '0::/\n' };
  const throttling = new Throttling((path) => files[path]);
  t.is(throttling.total(0), undefined);
  files['/proc/self/cgroup'] = FILES['/proc/self/cgroup']!;
  t.is(throttling.total(70_000), 2500);
});

test('Without control groups nothing is told', (t) => {
  t.is(new Throttling(() => undefined).total(0), undefined);
});
