/** What only the app's own isolate can tell of its memory: heap, heap spaces, external memory, the heap's limit. */
import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8';
import type { Metric } from '../snapshot/metric.ts';
import { MAP_BYTES } from '../store/layout.ts';
import type { MetricWriter } from '../store/writer.ts';
import type { Probe, ProbeContext } from './probe.ts';

const HEAP_USED: Metric = {
  name: 'v8js.memory.heap.used',
  kind: 'updown',
  unit: 'By',
  help: 'Heap in use, by heap space.',
};
const SPACE_SIZE: Metric = {
  name: 'v8js.memory.heap.space.size',
  kind: 'updown',
  unit: 'By',
  help: 'Heap memory that V8 allocated, by heap space.',
};
const SPACE_AVAILABLE: Metric = {
  name: 'v8js.memory.heap.space.available_size',
  kind: 'updown',
  unit: 'By',
  help: 'Allocated heap memory that is free, by heap space.',
};
const SPACE_PHYSICAL: Metric = {
  name: 'v8js.memory.heap.space.physical_size',
  kind: 'updown',
  unit: 'By',
  help: 'Heap memory that is backed by physical pages, by heap space.',
};
const EXTERNAL: Metric = {
  name: 'loadline.memory.external',
  kind: 'gauge',
  unit: 'By',
  help: 'Memory outside the heap that objects of the heap hold.',
};
const ARRAY_BUFFERS: Metric = {
  name: 'loadline.memory.arraybuffers',
  kind: 'gauge',
  unit: 'By',
  help: 'ArrayBuffers and SharedArrayBuffers, without the agent’s own map.',
};
const LIMIT: Metric = {
  name: 'loadline.memory.limit',
  kind: 'gauge',
  unit: 'By',
  help: 'What memory may not exceed: heap = the heap of this thread, container = the cgroup.',
};

export const memory: Probe = {
  name: 'memory',
  metrics: [HEAP_USED, SPACE_SIZE, SPACE_AVAILABLE, SPACE_PHYSICAL, EXTERNAL, ARRAY_BUFFERS, LIMIT],
  start({ store, heartbeat, define }: ProbeContext) {
    const { cells } = store;
    const external = define(EXTERNAL).series({});
    const arrayBuffers = define(ARRAY_BUFFERS).series({});
    const heapLimit = define(LIMIT).series({ limit: 'heap' });
    const spaces = spaceWriter(
      [HEAP_USED, SPACE_SIZE, SPACE_AVAILABLE, SPACE_PHYSICAL].map((metric) => define(metric)),
    );
    const read = () => {
      const usage = process.memoryUsage();
      cells[external] = usage.external;
      cells[arrayBuffers] = Math.max(0, usage.arrayBuffers - MAP_BYTES);
      cells[heapLimit] = getHeapStatistics().heap_size_limit;
      spaces(cells);
    };
    read();
    return heartbeat.everySecond(read);
  },
};

/** Writes used, size, available and physical bytes of every heap space. */
function spaceWriter([used, size, available, physical]: MetricWriter[]): (cells: Float64Array) => void {
  return (cells) => {
    for (const space of getHeapSpaceStatistics()) {
      const attributes = { 'v8js.heap.space.name': space.space_name };
      cells[used!.series(attributes)] = space.space_used_size;
      cells[size!.series(attributes)] = space.space_size;
      cells[available!.series(attributes)] = space.space_available_size;
      cells[physical!.series(attributes)] = space.physical_space_size;
    }
  };
}
