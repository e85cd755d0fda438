/** The memory limit of the container that the process runs in, where there is one. */
import { totalmem } from 'node:os';
import type { Metric } from '../snapshot/metric.ts';
import type { HostProbe } from './host-probe.ts';

const LIMIT: Metric = {
  name: 'loadline.memory.limit',
  kind: 'gauge',
  unit: 'By',
  help: 'What memory may not exceed: heap = the heap of this thread, container = the cgroup.',
};

export function memoryLimits(): HostProbe {
  return {
    name: 'memory-limits',
    scope: 'host',
    metrics: [LIMIT],
    read(put) {
      const limit = containerLimit();
      if (limit !== undefined) put(LIMIT, limit, { limit: 'container' });
    },
  };
}

/** Bytes, or undefined: cgroup v1 reports "no limit" as a number near 2^63, and a limit above the machine is none. */
export function containerLimit(): number | undefined {
  const limit = process.constrainedMemory();
  return limit > 0 && limit < totalmem() ? limit : undefined;
}
