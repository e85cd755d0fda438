/** The process as the kernel sees it: CPU time, resident memory, uptime. */
import type { Metric } from '../snapshot/metric.ts';
import type { HostProbe } from './host-probe.ts';

const CPU: Metric = {
  name: 'process.cpu.time',
  kind: 'counter',
  unit: 's',
  help: 'CPU time of all threads of the process, the agent’s included.',
};
const RSS: Metric = { name: 'process.memory.usage', kind: 'updown', unit: 'By', help: 'Resident memory (RSS).' };
const UPTIME: Metric = { name: 'process.uptime', kind: 'gauge', unit: 's', help: 'Time since the process started.' };

export function processProbe(): HostProbe {
  return {
    name: 'process',
    metrics: [CPU, RSS, UPTIME],
    read(put) {
      const { user, system } = process.cpuUsage();
      put(CPU, user / 1e6, { 'cpu.mode': 'user' });
      put(CPU, system / 1e6, { 'cpu.mode': 'system' });
      put(RSS, process.memoryUsage.rss());
      put(UPTIME, process.uptime());
    },
  };
}
