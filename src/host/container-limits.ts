/** What the container (the control group) allows the process, and how often it ran into that. */
import type { Metric } from '../snapshot/metric.ts';
import { findGroups, type Read, readCounts, readLimits } from './cgroup.ts';
import type { HostProbe } from './host-probe.ts';
import { Paced } from './paced.ts';
import { Rising } from './rising.ts';

const MEMORY: Metric = {
  name: 'loadline.memory.limit',
  kind: 'gauge',
  unit: 'By',
  help: 'What memory may not exceed: heap = the heap of this thread, container = the cgroup.',
};
const CPUS: Metric = {
  name: 'loadline.cpu.limit',
  kind: 'gauge',
  unit: '{cpu}',
  help: 'CPUs that the container may use.',
};
const PERIODS: Metric = {
  name: 'loadline.cpu.periods',
  kind: 'counter',
  unit: '{period}',
  help: 'Periods (usually 100 ms) in which the CPU limit was enforced.',
};
const THROTTLED_PERIODS: Metric = {
  name: 'loadline.cpu.throttled.periods',
  kind: 'counter',
  unit: '{period}',
  help: 'Periods in which the container used up its CPU limit and was held back.',
};
const THROTTLED_TIME: Metric = {
  name: 'loadline.cpu.throttled.time',
  kind: 'counter',
  unit: 's',
  help: 'Time for which threads of the container were held back by its CPU limit.',
};
const OOM_KILLS: Metric = {
  name: 'loadline.memory.oom_kills',
  kind: 'counter',
  unit: '{process}',
  help: 'Processes of the container that the kernel killed for want of memory.',
};

/** ms between two readings, and between two looks for the groups, at least. */
const LEAST = 1000;
const FIND_AGAIN = 60_000;

/** Puts what there is; nothing outside of control groups. `read`: default, the machine's files. */
export function containerLimits(read?: Read): HostProbe {
  const rising = new Rising();
  const groups = new Paced(() => findGroups(read), FIND_AGAIN);
  const readings = new Paced((time) => {
    const found = groups.get(time);
    const { periods, throttledPeriods, throttled, oomKills } = readCounts(found, read);
    const counts: readonly (readonly [Metric, number | undefined])[] = [
      [PERIODS, periods],
      [THROTTLED_PERIODS, throttledPeriods],
      [THROTTLED_TIME, throttled],
      [OOM_KILLS, oomKills],
    ];
    const counted = counts.flatMap(([metric, value]) =>
      value === undefined ? [] : [{ metric, since: rising.since(metric.name, value) }],
    );
    return { counted, ...readLimits(found, read) };
  }, LEAST);
  return {
    name: 'container-limits',
    scope: 'host',
    metrics: [MEMORY, CPUS, PERIODS, THROTTLED_PERIODS, THROTTLED_TIME, OOM_KILLS],
    tick: (time) => void readings.get(time),
    read(put, time) {
      const { counted, memory, cpus } = readings.get(time);
      if (memory !== undefined) put(MEMORY, memory, { limit: 'container' });
      if (cpus !== undefined) put(CPUS, cpus);
      for (const { metric, since } of counted) put(metric, since);
    },
  };
}
