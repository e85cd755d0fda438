/** What a probe on the reporter thread is: it reads the operating system or the maps, also while the app hangs. */
import type { Attributes, Metric } from '../snapshot/metric.ts';
import type { StoreReader } from '../store/reader.ts';

export type Put = (metric: Metric, value: number, attributes?: Attributes) => void;

export interface HostProbe {
  readonly name: string;
  /** `host`: it tells of the machine or container, so of several processes only one shows it. Default: `process`. */
  readonly scope?: 'process' | 'host';
  readonly metrics: readonly Metric[];
  /** Puts every series it has at `time` (ms, monotonic). May throw: what it put before is kept. */
  read(put: Put, time: number): void;
  /** Called every 5 s, for probes that look back. */
  tick?(time: number): void;
}

/** Makes a probe that reads the main thread's map, or none. */
export type HostProbeFactory = (map: StoreReader, settings: HostSettings) => HostProbe;

export interface HostSettings {
  readonly seriesLimit: number;
  /** Says a line once per key. Never throws. */
  warn(key: string, line: string): void;
}
