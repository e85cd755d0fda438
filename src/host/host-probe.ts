/** What a probe on the reporter thread is: it reads the operating system or the maps, also while the app hangs. */
import type { Attributes, Metric } from '../snapshot/metric.ts';
import type { HistogramPoint } from '../snapshot/snapshot.ts';
import type { StoreReader } from '../store/reader.ts';

export type Put = (metric: Metric, value: number | HistogramPoint, attributes?: Attributes) => void;

export interface HostProbe {
  readonly name: string;
  readonly metrics: readonly Metric[];
  /**
   * What its numbers are about: this process, or what all processes of a service on this host share (the container, the
   * network namespace), of which only one of them tells. Default: the process.
   */
  readonly scope?: 'process' | 'host';
  /** Puts every series it has at `time` (ms, monotonic). May throw: what it put before is kept. */
  read(put: Put, time: number): void;
  /** Called at the start and every 5 s, for probes that look back or count from there. */
  tick?(time: number): void;
}

/** Makes a probe that reads the main thread's map, or none. */
export type HostProbeFactory = (map: StoreReader, settings: HostSettings) => HostProbe;

export interface HostSettings {
  readonly seriesLimit: number;
  /** ms: a delay of the event loop from which on it is a stall. */
  readonly stallThreshold: number;
  /** Says a line once per key. Never throws. */
  warn(key: string, line: string): void;
}
