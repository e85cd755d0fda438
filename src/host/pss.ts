/** The process's share of the machine's memory: pages that several processes have count by their part. */
import { readFileSync } from 'node:fs';
import type { Metric } from '../snapshot/metric.ts';
import type { HostProbe } from './host-probe.ts';
import { Paced } from './paced.ts';

const PSS: Metric = {
  name: 'loadline.memory.pss',
  kind: 'gauge',
  unit: 'By',
  help: 'Resident memory where a page that n processes share counts as 1/n (PSS). Read once a minute.',
};
const FILE = '/proc/self/smaps_rollup';
/** ms: the kernel walks all pages of the process for it. */
const EVERY = 60_000;

export function pss(): HostProbe {
  const reading = new Paced(() => parsePss(readFileSync(FILE, 'latin1')), EVERY);
  return {
    name: 'pss',
    metrics: [PSS],
    tick: (time) => void reading.get(time),
    read: (put, time) => put(PSS, reading.get(time)),
  };
}

/** Bytes. @throws Error when the text has none. */
export function parsePss(text: string): number {
  const kilobytes = /^Pss: +(\d+) kB$/m.exec(text)?.[1];
  if (kilobytes === undefined) throw new Error(`${FILE} has no Pss`);
  return Number(kilobytes) * 1024;
}
