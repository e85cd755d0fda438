import test from 'ava';
import { absenceFound, absenceOf, type Own } from '../../src/reporter/absence.ts';

const BEFORE: Own = { time: 10_000, schedule: { cpu: 50, wait: 5 }, active: 60, uptime: 900_000 };
const after = (own: Partial<Own>): Own => ({ ...BEFORE, time: 13_100, uptime: 903_100, ...own });

test('A look in time is no absence, nor is one that is a little late', (t) => {
  t.is(absenceOf(BEFORE, 10_100, after({ time: 10_101, uptime: 900_101 })), undefined);
  t.is(absenceOf(BEFORE, 10_100, after({ time: 10_250, uptime: 900_250 })), undefined);
});

test('Neither run nor waiting for a CPU: stopped', (t) => {
  t.deepEqual(absenceOf(BEFORE, 10_100, after({ schedule: { cpu: 51, wait: 6 } })), { duration: 3000, why: 'stopped' });
});

test('Waiting for a CPU most of the time: starved', (t) => {
  t.deepEqual(absenceOf(BEFORE, 10_100, after({ schedule: { cpu: 60, wait: 2800 } })), {
    duration: 3000,
    why: 'starved',
  });
});

test('The reporter’s own work is no absence', (t) => {
  t.is(absenceOf(BEFORE, 10_100, after({ schedule: { cpu: 2900, wait: 5 } })), undefined);
  t.is(absenceOf({ ...BEFORE, schedule: undefined }, 10_100, after({ schedule: undefined, active: 3000 })), undefined);
});

test('Without the kernel’s word a hole is a stop', (t) => {
  const before = { ...BEFORE, schedule: undefined, uptime: undefined };
  t.deepEqual(absenceOf(before, 10_100, after({ schedule: undefined, uptime: undefined })), {
    duration: 3000,
    why: 'stopped',
  });
});

test('A machine that was suspended: its uptime went on, the clock of beats did not', (t) => {
  const found = absenceOf(BEFORE, 10_100, after({ time: 10_110, uptime: 960_110 }));
  t.deepEqual(found, { duration: 60_000, why: 'suspended' });
  t.like(absenceFound(found!, 1_000_000), {
    kind: 'stopped',
    since: 940_000,
    title: 'machine suspended for 60 s',
    evidence: { duration: 60, cause: 'suspended' },
  });
});
