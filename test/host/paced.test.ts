import test from 'ava';
import { Paced } from '../../src/host/paced.ts';
import { Rising } from '../../src/host/rising.ts';

/** Computes for `milliseconds`. */
function work(milliseconds: number): void {
  for (const until = performance.now() + milliseconds; performance.now() < until; );
}

test('A reading is repeated when it is old enough, not before', (t) => {
  let taken = 0;
  // Longer than any cost would make it wait.
  const paced = new Paced(() => ++taken, 70_000);
  t.true(paced.isDue(5));
  t.deepEqual([paced.get(5), paced.get(6), paced.get(70_004)], [1, 1, 1]);
  t.false(paced.isDue(70_004));
  t.deepEqual([paced.get(70_005), paced.get(70_006)], [2, 2]);
});

/** The times at which readings of these costs (ms) are taken, when somebody asks each second. */
function timesOf(costs: readonly number[]): number[] {
  const left = [...costs];
  const times: number[] = [];
  const paced = new Paced((time) => {
    times.push(time);
    work(left.shift()!);
  }, 1000);
  for (let time = 0; left.length > 0; time += 1000) paced.get(time);
  return times;
}

test('A reading that costs 20 ms is repeated after 4 s at the earliest, but for the first two', (t) => {
  const [first, second, third, fourth] = timesOf([20, 20, 20, 20]) as [number, number, number, number];
  t.deepEqual([first, second, third], [0, 2000, 4000]);
  t.true(fourth - third >= 4000, `${fourth - third} ms`);
});

test('The cheapest of the last three says what a reading costs', (t) => {
  const times = timesOf([20, 300, 300, 300, 1]);
  t.true(times[3]! - times[2]! < 40_000, times.join());
  t.is(times[4]! - times[3]!, 60_000, 'and costs of a second silence nothing for more than a minute');
});

test('A reading that throws gives no old value in its place, and is tried again at once', (t) => {
  let taken = 0;
  const paced = new Paced(() => {
    taken++;
    if (taken === 2) throw new Error('gone');
    return taken;
  }, 10);
  t.is(paced.get(0), 1);
  t.throws(() => paced.get(100_000), { message: 'gone' });
  t.true(paced.isDue(100_001));
  t.is(paced.get(100_001), 3);
});

test('A counter of the kernel counts from the first look, and one that falls has begun anew', (t) => {
  const rising = new Rising();
  const values = [50, 50, 58, 3, 4, 0, 2].map((value) => rising.since('a', value));
  t.deepEqual(values, [0, 0, 8, 11, 12, 12, 14]);
  t.is(rising.since('b', 7), 0);
  t.is(rising.since('b', 9), 2);
});
