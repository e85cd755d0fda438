/** What a probe on an app's thread is. */
import type { Metric } from '../snapshot/metric.ts';
import type { MetricWriter, StoreWriter } from '../store/writer.ts';
import type { Heartbeat } from './heartbeat.ts';

export interface ProbeContext {
  readonly store: StoreWriter;
  readonly heartbeat: Heartbeat;
  /** Lower-case header names that may carry the front end's time, in order of trust. */
  readonly queueHeaders: readonly string[];
  /** Routes or paths whose requests are not recorded: exact, or a prefix when the last character is `*`. */
  readonly ignoreRoutes: readonly string[];
  /** ms: a delay of the event loop from which on it is a stall. */
  readonly stallThreshold: number;
  /** Servers that listen already. */
  readonly servers: readonly unknown[];
  /** The writer of one metric, with the user's bounds where they are set. */
  define(metric: Metric, exponential?: boolean): MetricWriter;
  /** Says once that something is missing or went wrong. Never throws. */
  warn(key: string, line: string): void;
}

/** One source of numbers. `start` may be called again after its stop function was. */
export interface Probe {
  readonly name: string;
  readonly metrics: readonly Metric[];
  /** Begins to record and returns what ends it. May throw: the agent goes on without it and says so once. */
  start(context: ProbeContext): () => void;
}
