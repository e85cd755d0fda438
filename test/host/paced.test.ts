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

test('A reading that costs 20 ms is repeated after 4 s at the earliest, and within a minute', (t) => {
  let taken = 0;
  const paced = new Paced(() => {
    work(20);
    return ++taken;
  }, 1000);
  t.is(paced.get(0), 1);
  t.is(paced.get(3999), 1);
  t.is(paced.get(60_000), 2);
});

test('One reading that took long among others that did not makes none wait', (t) => {
  const costs = [20, 1, 400, 400, 400];
  const paced = new Paced(() => work(costs.shift()!), 1000);
  const readings: number[] = [];
  for (let time = 0; costs.length > 0; time += 1000) {
    const left = costs.length;
    paced.get(time);
    if (costs.length < left) readings.push(time);
  }
  t.is(readings[0], 0);
  t.true(readings[1]! >= 4000 && readings[1]! < 20_000, readings.join());
  t.true(readings[3]! - readings[1]! < 20_000, readings.join());
});

test('Costs of a second do not silence a reading for more than a minute', (t) => {
  let taken = 0;
  const paced = new Paced(() => {
    work(400);
    return ++taken;
  }, 1);
  paced.get(0);
  t.is(paced.get(59_999), 1);
  t.is(paced.get(60_000), 2);
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
