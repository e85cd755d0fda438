import test from 'ava';
import { backoff } from '../../../src/dashboard/page/backoff.ts';

test('Tries begin soon, double, and end at 15 s for ever', (t) => {
  t.deepEqual(
    [1, 2, 3, 4, 5, 6, 7, 1000].map((tries) => backoff(tries, 1)),
    [500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000],
  );
});

test('Pages that lost one server do not come back at once together', (t) => {
  t.is(backoff(3, 0), 1500);
  t.true(backoff(3, 0.5) > backoff(3, 0) && backoff(3, 0.5) < backoff(3, 1));
});
