import { setTimeout as sleep } from 'node:timers/promises';
import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8';
import test from 'ava';
import { now } from '../../src/clock.ts';
import { memory } from '../../src/probes/memory.ts';
import { HEADER } from '../../src/store/layout.ts';
import { Pulse } from './pulse.ts';

// First: no map of another test that is collected meanwhile.
test.serial('Array buffers of the app show within a second, the map of the agent never', async (t) => {
  const pulse = new Pulse(memory);
  pulse.store.cells[HEADER.busyAt] = now();
  const before = pulse.value('loadline.memory.arraybuffers');
  const held = new ArrayBuffer(50e6);
  await sleep(1300);
  const grown = pulse.value('loadline.memory.arraybuffers') - before;
  t.true(grown > 45e6 && grown < 60e6 && held.byteLength > 0, `${grown} bytes`);
  pulse.stop();
});

test.serial('Heap spaces, external memory and the heap limit are there at once, and agree with V8', (t) => {
  const pulse = new Pulse(memory);
  const spaces = getHeapSpaceStatistics();
  for (const name of ['used', 'space.size', 'space.available_size', 'space.physical_size']) {
    const points = pulse.points(`v8js.memory.heap.${name}`);
    t.deepEqual(
      points.map(({ attributes }) => attributes['v8js.heap.space.name']).sort(),
      spaces.map(({ space_name }) => space_name).sort(),
      name,
    );
    t.true(points.every(({ value }) => (value as number) >= 0));
  }
  const used = pulse.points('v8js.memory.heap.used').reduce((sum, { value }) => sum + (value as number), 0);
  t.true(Math.abs(used / getHeapStatistics().used_heap_size - 1) < 0.3, `${used} bytes`);
  t.is(pulse.value('loadline.memory.limit', { limit: 'heap' }), getHeapStatistics().heap_size_limit);
  t.true(pulse.value('loadline.memory.external') > 0);
  pulse.stop();
});
