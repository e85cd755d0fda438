import { setTimeout as sleep } from 'node:timers/promises';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import test from 'ava';
import { gc } from '../../src/probes/gc.ts';
import { countOf } from '../../src/snapshot/snapshot.ts';
import { Pulse } from './pulse.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as (options?: object) => void;
const DURATION = 'v8js.gc.duration';

test.serial(
  'Collections are counted by kind, with their duration, and the live heap is known after a major one',
  async (t) => {
    const pulse = new Pulse(gc);
    t.deepEqual(pulse.points('loadline.memory.live_heap'), []);
    t.is(countOf(pulse.histogram(DURATION, { 'v8js.gc.type': 'major' })), 0);
    for (let i = 0; i < 3; i++) {
      collect();
      collect({ type: 'minor' });
    }
    await sleep(100);
    const major = pulse.histogram(DURATION, { 'v8js.gc.type': 'major' });
    t.true(countOf(major) >= 3, `${countOf(major)} major`);
    t.true(major.sum > 0 && major.sum < 10, `${major.sum} s`);
    t.true(countOf(pulse.histogram(DURATION, { 'v8js.gc.type': 'minor' })) >= 3);
    const live = pulse.value('loadline.memory.live_heap');
    t.true(live > 1e6 && live < getHeapStatistics().total_heap_size * 1.5, `${live} bytes`);
    pulse.stop();
  },
);

test.serial('What the app holds shows in the live heap, and what it let go of does not', async (t) => {
  const pulse = new Pulse(gc);
  const measure = async () => {
    collect();
    await sleep(50);
    return pulse.value('loadline.memory.live_heap');
  };
  const before = await measure();
  const held = Array.from({ length: 1e6 }, (_, i) => ({ i }));
  const holding = await measure();
  t.true(holding - before > 8e6 && held.length > 0, `${holding - before} bytes`);
  held.length = 0;
  t.true((await measure()) < holding - 8e6);
  pulse.stop();
});

test.serial('After its stop nothing is counted', async (t) => {
  const pulse = new Pulse(gc);
  pulse.stop();
  collect();
  await sleep(100);
  t.is(countOf(pulse.histogram(DURATION, { 'v8js.gc.type': 'major' })), 0);
});
