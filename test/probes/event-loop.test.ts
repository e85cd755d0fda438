import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { now } from '../../src/clock.ts';
import { eventLoop } from '../../src/probes/event-loop.ts';
import { countOf } from '../../src/snapshot/snapshot.ts';
import { quantile } from '../../src/store/buckets.ts';
import { HEADER } from '../../src/store/layout.ts';
import { block, Pulse } from './pulse.ts';

const DELAY = 'loadline.eventloop.delay';

test.serial('A block of 3 s counts as the 150 waits that work arriving during it would have felt', async (t) => {
  const pulse = new Pulse(eventLoop);
  pulse.store.cells[HEADER.busyAt] = now();
  await sleep(100);
  const before = pulse.histogram(DELAY);
  block(3000);
  await sleep(45);
  const after = pulse.histogram(DELAY);
  pulse.stop();
  const counts = Array.from(after.counts, (count, i) => count - before.counts[i]!);
  // Bounds … 0.5, 1, 2.5, 5, 10: what waited over a second, over half a second.
  const over = (from: number) => counts.slice(from).reduce((a, b) => a + b);
  t.true(over(10) >= 97 && over(10) <= 125, `${over(10)} waits over 1 s`);
  t.true(over(9) >= 122 && over(9) <= 150, `${over(9)} waits over 0.5 s`);
  const all = countOf(after) - countOf(before);
  t.true(all >= 148 && all <= 185, `${all} waits`);
  const mean = (after.sum - before.sum) / all;
  t.true(mean > 1.2 && mean < 2, `mean ${mean} s`);
  const median = quantile(pulse.reader.exponentialCells(DELAY)!, 0.5);
  t.true(median > 1 && median < 2, `median ${median} s`);
  t.is(pulse.store.cells[HEADER.stalls], 1);
  t.true(pulse.store.cells[HEADER.stalledTime]! >= 2900 && pulse.store.cells[HEADER.stalledTime]! < 5000);
});

test.serial(
  'A block under half a second is no stall, and in an idle process the delay counts from the beat that was due',
  async (t) => {
    const pulse = new Pulse(eventLoop);
    await sleep(300);
    block(300);
    await sleep(250);
    t.is(pulse.store.cells[HEADER.stalls], 0);
    t.is(pulse.store.cells[HEADER.stalledTime], 0);
    const { counts } = pulse.histogram(DELAY);
    t.is(
      Array.from(counts)
        .slice(10)
        .reduce((a, b) => a + b),
      0,
    );
    pulse.stop();
  },
);

test.serial('An idle loop counts one wait for each 20 ms, nearly all of them short', async (t) => {
  const pulse = new Pulse(eventLoop);
  await sleep(1500);
  const { counts } = pulse.histogram(DELAY);
  const total = countOf({ counts, sum: 0 });
  pulse.stop();
  t.true(total >= 45 && total <= 110, `${total} waits in 1.5 s`);
  const short = Array.from(counts)
    .slice(0, 6)
    .reduce((a, b) => a + b);
  t.true(short > total / 2, `${short} of ${total} under 50 ms`);
});

test.serial('Events that libuv handled are counted and never fall', async (t) => {
  const pulse = new Pulse(eventLoop);
  await sleep(150);
  const before = pulse.value('loadline.eventloop.events', { state: 'processed' });
  for (let i = 0; i < 20; i++) await sleep(60);
  const after = pulse.value('loadline.eventloop.events', { state: 'processed' });
  pulse.stop();
  t.true(Number.isInteger(after) && after >= before);
  t.true(pulse.value('loadline.eventloop.events', { state: 'waiting' }) >= 0);
});

test.serial('A clock that jumped by a day makes no more than an hour of waits', (t) => {
  const pulse = new Pulse(eventLoop);
  let beat: ((time: number, delay: number, interval: number) => void) | undefined;
  const stop = eventLoop.start({
    store: pulse.store,
    heartbeat: {
      onBeat: (given: typeof beat) => {
        beat = given;
        return () => {};
      },
      everySecond: () => () => {},
    } as never,
    define: (metric: never) => pulse.store.metric(metric, { name: 'loadline' }, true),
  } as never);
  beat!(now(), 86_400_000, 20);
  stop();
  pulse.stop();
  t.is(countOf(pulse.histogram(DELAY)), 180_000);
});
