import test from 'ava';
import { absenceFound, absenceOf, type Own } from '../../src/reporter/absence.ts';

const BEFORE: Own = { time: 10_000, schedule: { cpu: 50, wait: 5 }, active: 60, uptime: 900_000, throttled: undefined };
const STOPPED = { why: 'stopped', throttled: undefined } as const;
const after = (own: Partial<Own>): Own => ({ ...BEFORE, time: 13_100, uptime: 903_100, ...own });

test('A look in time is no absence, nor is one that is a little late', (t) => {
  t.is(absenceOf(BEFORE, 10_100, after({ time: 10_101, uptime: 900_101 })), undefined);
  t.is(absenceOf(BEFORE, 10_100, after({ time: 10_250, uptime: 900_250 })), undefined);
});

test('Neither run nor waiting for a CPU: stopped', (t) => {
  t.deepEqual(absenceOf(BEFORE, 10_100, after({ schedule: { cpu: 51, wait: 6 } })), { ...STOPPED, duration: 3000 });
});

test('Waiting for a CPU most of the time: starved', (t) => {
  t.deepEqual(absenceOf(BEFORE, 10_100, after({ schedule: { cpu: 60, wait: 2800 } })), {
    duration: 3000,
    why: 'cpu',
    throttled: undefined,
  });
});

test('The reporter’s own work is no absence', (t) => {
  t.is(absenceOf(BEFORE, 10_100, after({ schedule: { cpu: 2900, wait: 5 } })), undefined);
  t.is(absenceOf({ ...BEFORE, schedule: undefined }, 10_100, after({ schedule: undefined, active: 3000 })), undefined);
});

test('Without the kernel’s word a hole is a stop', (t) => {
  const before = { ...BEFORE, schedule: undefined, uptime: undefined };
  t.deepEqual(absenceOf(before, 10_100, after({ schedule: undefined, uptime: undefined })), {
    ...STOPPED,
    duration: 3000,
  });
});

test('A machine that was suspended: its uptime went on, the clock of beats did not', (t) => {
  const found = absenceOf(BEFORE, 10_100, after({ time: 10_110, uptime: 960_110 }));
  t.deepEqual(found, { duration: 60_000, why: 'suspended', throttled: undefined });
  t.like(absenceFound(found!, 1_000_000), {
    kind: 'stopped',
    since: 940_000,
    title: 'machine suspended for 60 s',
    evidence: { duration: 60, cause: 'suspended' },
  });
});

test('A machine that is suspended again and again is found so each time, also in the middle of a stop', (t) => {
  const asleep = after({ time: 12_000, uptime: 932_000, schedule: { cpu: 51, wait: 6 } });
  t.like(absenceOf(BEFORE, 10_100, asleep), { duration: 30_000, why: 'suspended' });
  const again = { ...asleep, time: 12_100, uptime: 942_100 };
  t.like(absenceOf(asleep, 12_100, again), { duration: 10_000, why: 'suspended' });
  t.is(absenceOf(again, 12_200, { ...again, time: 12_200, uptime: 942_200 }), undefined, 'it is awake');
});

test('Hundredths of a second in the uptime, and a sleep of less than a second, are nothing', (t) => {
  t.is(absenceOf(BEFORE, 10_100, after({ time: 10_100, uptime: 900_110 })), undefined);
  t.is(absenceOf(BEFORE, 10_100, after({ time: 10_100, uptime: 901_090 })), undefined);
  t.is(absenceOf(BEFORE, 10_100, after({ time: 10_100, uptime: 901_110 }))?.why, 'suspended');
});

const HELD: Own = { ...BEFORE, throttled: 7000 };
const QUOTA: readonly [name: string, own: Partial<Own>, why: string, throttled: number][] = [
  ['waited while a quota held threads back', { schedule: { cpu: 60, wait: 2800 }, throttled: 9700 }, 'quota', 2700],
  ['waited, a quota was used up for a moment only', { schedule: { cpu: 60, wait: 2800 }, throttled: 7300 }, 'cpu', 300],
  ['waited, the quota was not used up', { schedule: { cpu: 60, wait: 2800 }, throttled: 7000 }, 'cpu', 0],
  ['did not wait: a stop, whatever others of its group ran into', { throttled: 9700 }, 'stopped', 2700],
  ['waited in a group that is another one by now', { schedule: { cpu: 60, wait: 2800 }, throttled: 20 }, 'cpu', 0],
];
for (const [name, own, why, throttled] of QUOTA) {
  test(`${why}: ${name}`, (t) => {
    t.deepEqual(absenceOf(HELD, 10_100, after(own)), { duration: 3000, why: why as never, throttled });
  });
}

test('Where the kernel does not tell who waited, the quota tells', (t) => {
  const before = { ...HELD, schedule: undefined };
  const found = absenceOf(before, 10_100, after({ schedule: undefined, throttled: 9700 }));
  t.is(found?.why, 'quota');
  t.like(absenceFound(found!, 1_000_000), {
    kind: 'starved',
    title: 'process starved of CPU for 3.0 s: the CPU quota of its container was used up',
    evidence: { duration: 3, cause: 'quota', throttled: 2.7 },
  });
});
