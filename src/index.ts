export type { AdapterEntry, AdapterModule, AdapterName, Config, Options } from './config.ts';
export { counter, gauge, histogram, updown } from './instruments.ts';
export { setRoute } from './probes/set-route.ts';
export type { Adapter, AdapterContext, AdapterFactory, Handler, Outcome, Wants } from './reporter/adapter.ts';
export type {
  Counter,
  Gauge,
  Histogram,
  HistogramOptions,
  InstrumentOptions,
  UpDown,
} from './sampler/instruments.ts';
export type {
  Attributes,
  HistogramValue,
  Metric,
  MetricKind,
  SampleContext,
  Sampler,
  Scope,
  Sink,
} from './sampler/sampler.ts';
export { register } from './samplers.ts';
export type {
  ExponentialBuckets,
  HistogramPoint,
  MetricSnapshot,
  Point,
  Snapshot,
} from './snapshot/snapshot.ts';
export { type Agent, start, stop } from './start.ts';
