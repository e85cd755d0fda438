import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { now } from '../../src/clock.ts';
import { every } from '../../src/reporter/schedule.ts';

/** Keeps the process alive while unref'd timers run. */
async function wait(ms: number): Promise<void> {
  await sleep(ms);
}

test.serial('Calls stay on the grid of begin + n × interval, however long each takes', async (t) => {
  const interval = 50;
  const begin = now();
  const calls: number[] = [];
  const end = every(interval, async () => {
    calls.push(now() - begin);
    await wait(20);
  });
  await wait(2030);
  end();
  t.true(calls.length >= 20 && calls.length <= 40, `${calls.length} calls`);
  const numbers = calls.map((time) => Math.round(time / interval));
  t.is(new Set(numbers).size, numbers.length, `twice on one point of the grid: ${calls}`);
  // Late by load, but never early, and after 40 calls no later than after the first.
  const offsets = calls.map((time) => time % interval).map((rest) => (rest > interval - 2 ? rest - interval : rest));
  offsets.sort((a, b) => a - b);
  t.true(offsets[offsets.length >> 1]! < 20, `median offset ${offsets[offsets.length >> 1]}`);
});

test.serial('A task that takes longer than its interval is never called while it runs', async (t) => {
  let running = 0;
  let most = 0;
  let calls = 0;
  const end = every(20, async () => {
    calls++;
    most = Math.max(most, ++running);
    await wait(110);
    running--;
  });
  await wait(600);
  end();
  t.is(most, 1);
  t.true(calls >= 2 && calls <= 6, `${calls} calls`);
});

test.serial('Calls that a block made impossible are left out, not made up for', async (t) => {
  let calls = 0;
  const end = every(20, () => {
    calls++;
  });
  await wait(50);
  const before = calls;
  for (const until = now() + 500; now() < until; );
  await wait(5);
  t.true(calls - before <= 2, `${calls - before} calls`);
  await wait(200);
  t.true(calls - before >= 3);
  end();
});

test.serial('After its end there are no more calls, also when it is ended from within', async (t) => {
  let calls = 0;
  const end = every(10, () => {
    if (++calls === 2) end();
  });
  await wait(200);
  t.is(calls, 2);
  const other = every(10, () => {
    calls++;
  });
  other();
  other();
  await wait(50);
  t.is(calls, 2);
});
