/** The sampler contract, version 1. SPEC.md states it normatively; a library needs none of this file to take part. */
import type { Attributes, HistogramValue, Metric, Scope } from '../snapshot/metric.ts';

export type { Attributes, HistogramValue, Metric, MetricKind, Scope } from '../snapshot/metric.ts';

/** Where a sampler puts its values during one call of `sample`. Never throws. */
export interface Sink {
  /**
   * One series' value: cumulative since `startTime` for counter, updown and histogram; the present value for gauge.
   * Ignored once the round is over (deadline passed, or `sample` settled).
   */
  put(metric: Metric, value: number | HistogramValue, attributes?: Attributes): void;
}

export interface SampleContext {
  /** Aborted when the deadline passes; its `reason` says so. */
  readonly signal: AbortSignal;
  /** Who asks, for example `loadline`. */
  readonly consumer: string;
}

/** A producer of metrics. May throw, reject or hang: its collector isolates it. */
export interface Sampler {
  readonly scope: Scope;
  /** Epoch ms that cumulative values count from. Default: process start. */
  readonly startTime?: number;
  /** Puts every series it has, each once. Should take under 1 ms of synchronous time. */
  sample(sink: Sink, context: SampleContext): void | PromiseLike<void>;
  /** Called once per consumer before the first `sample`; what it returns is called when the consumer is done. */
  start?(): void | (() => void);
}

/** The process-wide set of samplers: a plain `Set` on `globalThis`, shared by every copy of every implementation. */
export const SAMPLERS = Symbol.for('metric-samplers.v1');

/** The set itself, made at the first call. */
export function samplerSet(): Set<Sampler> {
  const holder = globalThis as { [SAMPLERS]?: Set<Sampler> };
  holder[SAMPLERS] ??= new Set();
  return holder[SAMPLERS];
}
