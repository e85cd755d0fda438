import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { isOnFile, syscallName } from '../../src/host/syscalls.ts';
import {
  childrenSince,
  parseSchedstat,
  parseStat,
  parseSyscall,
  readOwnSchedule,
  readThreadState,
  readUptime,
} from '../../src/host/thread-state.ts';
import { onlyWhere } from '../support/only-where.ts';

const onLinux = onlyWhere(process.platform === 'linux', '/proc', test.serial);

test('A command with spaces and parentheses does not shift the fields', (t) => {
  const fields = [
    'S',
    ...Array.from({ length: 10 }, () => '0'),
    '150',
    '50',
    ...Array.from({ length: 6 }, () => '0'),
    '777',
  ];
  t.deepEqual(parseStat(`12 (a) b) (c) ${fields.join(' ')}`), {
    command: 'a) b) (c',
    state: 'S',
    cpu: 2000,
    started: 7770,
  });
  t.is(parseStat(undefined), undefined);
  t.is(parseStat('nonsense'), undefined);
});

test('Statistics that a kernel was built without are absent, not zero', (t) => {
  t.deepEqual(parseSchedstat('1500000 2500000 3'), { cpu: 1.5, wait: 2.5 });
  t.is(parseSchedstat('0 0 0'), undefined);
  t.is(parseSchedstat(undefined), undefined);
  t.is(parseSchedstat(''), undefined);
});

test('A system call is told with its file descriptor, where it has one', (t) => {
  t.deepEqual(parseSyscall('0 0x1c 0x7f 0x1 0x0 0x0 0x0 0x7ffd 0x7fc3', 'x64'), { name: 'read', descriptor: 28 });
  t.deepEqual(parseSyscall('63 0x1c 0x7f', 'arm64'), { name: 'read', descriptor: 28 });
  t.deepEqual(parseSyscall('202 0x7f', 'x64'), { name: 'futex' });
  t.deepEqual(parseSyscall('9999 0x7f', 'x64'), { name: 'syscall 9999' });
  t.is(parseSyscall('running', 'x64'), undefined);
  t.is(parseSyscall('-1 0x7ffd 0x7fc3', 'x64'), undefined);
  t.is(parseSyscall(undefined, 'x64'), undefined);
});

test('Every call on a file is one that has a name', (t) => {
  t.true(isOnFile('read') && isOnFile('fsync') && !isOnFile('futex'));
  t.is(syscallName(0, 'riscv64'), 'syscall 0');
});

onLinux('A thread that runs, and one that is not there', (t) => {
  const state = readThreadState(process.pid);
  t.is(state?.state, 'R');
  t.true(state!.cpu > 0);
  t.is(readThreadState(2 ** 30), undefined);
  t.true(readUptime()! > 0);
});

onLinux('CPU time grows by what was used', (t) => {
  const before = readOwnSchedule();
  if (!before) return t.pass('no schedstat in this kernel');
  for (const end = process.cpuUsage().user + 50_000; process.cpuUsage().user < end; );
  t.true(readOwnSchedule()!.cpu - before.cpu >= 20);
});

onLinux('Only children that began lately are told', async (t) => {
  const child = spawn('sleep', ['30'], { stdio: 'ignore' });
  t.teardown(() => child.kill('SIGKILL'));
  await once(child, 'spawn');
  const commands = (age: number) => childrenSince(process.pid, age).map(({ pid }) => pid);
  if (commands(60_000).length === 0) return t.pass('no /proc/…/children in this kernel');
  t.true(commands(60_000).includes(child.pid!));
  await sleep(300);
  t.false(commands(100).includes(child.pid!));
});
