import test from 'ava';
import { type Scarce, starvationOf } from '../../src/reporter/starvation.ts';

const SECOND: Scarce = { elapsed: 1000, ran: 0, slept: 0, throttled: undefined };
/** ms */
const THRESHOLD = 500;

const CASES: readonly [name: string, seen: Partial<Scarce>, late: number, found: string | undefined][] = [
  ['it ran all the time', { ran: 1000 }, 1000, undefined],
  ['it slept all the time', { slept: 1000 }, 1000, undefined],
  ['it got a fifth, and others the rest', { ran: 200 }, 1000, 'cpu'],
  ['it got a fifth for so long that this alone is half a stall', { ran: 200 }, 1300, undefined],
  ['it got a fifth, and slept a fifth', { ran: 200, slept: 200 }, 1000, undefined],
  ['it got a fifth, its quota was used up', { ran: 200, throttled: 800 }, 1000, 'quota'],
  ['on several CPUs more is held back than time went by', { ran: 200, throttled: 3000 }, 1000, 'quota'],
  ['what it ran is nearly a stall, its quota was used up', { ran: 200, throttled: 800 }, 2400, 'quota'],
  ['what it ran is a stall, whatever its quota', { ran: 200, throttled: 800 }, 2500, undefined],
  ['its quota was used up for a part of what it waited', { ran: 200, throttled: 300 }, 1000, 'cpu'],
  ['that part does not excuse as much', { ran: 200, throttled: 300 }, 1300, undefined],
  ['a quota that it never used up', { ran: 200, throttled: 0 }, 1000, 'cpu'],
  ['it ran all the time, others of its group were held back', { ran: 1000, throttled: 900 }, 1000, undefined],
  ['nothing went by', { elapsed: 0 }, 1000, undefined],
];

for (const [name, seen, late, found] of CASES) {
  test(`${found ?? 'not starved'}: ${name}`, (t) => {
    t.is(starvationOf({ ...SECOND, ...seen }, late, THRESHOLD), found as never);
  });
}
