import test from 'ava';
import { HostTotals } from '../../src/group/host-totals.ts';
import { AGE, one, REQUESTS, valuesOf } from './metrics.ts';

const read = (totals: HostTotals, value: number, time: number) => valuesOf(totals.read([one(REQUESTS, value)], time));

test('the first leader shows what it reads', (t) => {
  const totals = new HostTotals();
  t.deepEqual(read(totals, 3, 1), { requests: 3 });
  t.deepEqual(read(totals, 5, 2), { requests: 5 });
});

for (const [what, ownAtBegin] of [
  ['less', 2],
  ['more', 500],
] as const) {
  test(`the next one goes on from what was shown, though it counted ${what} itself`, (t) => {
    const totals = new HostTotals();
    totals.follow([one(REQUESTS, 100, {}, 1)], [one(REQUESTS, ownAtBegin, {}, 5)], 50);
    t.deepEqual(read(totals, ownAtBegin, 60), { requests: 100 });
    t.deepEqual(read(totals, ownAtBegin + 7, 70), { requests: 107 });
    t.deepEqual(read(totals, ownAtBegin + 9, 80), { requests: 109 });
  });
}

test('gauges of the host are those of this moment', (t) => {
  const totals = new HostTotals();
  totals.follow([one(AGE, 9)], [one(AGE, 1)], 50);
  t.deepEqual(valuesOf(totals.read([one(AGE, 2)], 60)), { age: 2 });
});
