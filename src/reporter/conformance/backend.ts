/** What an adapter's test supplies: the adapter, a backend that shows what arrived, and what its protocol can carry. */
import type { Metric, MetricKind } from '../../snapshot/metric.ts';
import type { AdapterFactory } from '../adapter.ts';

/** One point as the backend has it, in the names of its protocol. */
export interface Received {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Where the protocol says it. */
  readonly kind?: MetricKind;
  readonly value: number | { readonly count: number; readonly sum: number };
}

/** A backend for one adapter: real, or a small server that reads the protocol strictly. */
export interface Backend {
  /** What the adapter's factory is given; cloned on the way. */
  readonly options: unknown;
  /** Every point that arrived, oldest first. With `served` (pull): what the adapter's routes at that base URL show now. */
  received(served: string): Promise<readonly Received[]>;
  /** Nothing listens any more, connections are reset. Pushing adapters only, as the next three. */
  down?(): Promise<void>;
  /** As in the beginning. */
  up?(): Promise<void>;
  /** Connects, and never reads or answers. */
  hang?(): Promise<void>;
  /** Answers with garbage, or with an error of its own. Checks of it are left out where it is missing. */
  wrong?(): Promise<void>;
  close(): Promise<void>;
}

/** What the protocol, and so the adapter, can say. */
export interface Carries {
  /** `Received.kind` tells counters, gauges and histograms apart. Default: false. */
  readonly kinds?: boolean;
  /** Attribute values arrive as they were, whatever they hold (NUL and lone surrogates aside). Default: false, they are only kept harmless. */
  readonly text?: boolean;
  /** A histogram arrives with its count and sum. Default: true. */
  readonly histograms?: boolean;
  /** NaN and infinities of gauges. Default: false, they never arrive. */
  readonly nonFinite?: boolean;
  /** What a counter arrives as: its total, or what came in each interval. Default: by the adapter's temporality. */
  readonly counters?: 'total' | 'interval';
}

export interface AdapterCheckOptions {
  readonly factory: AdapterFactory<never>;
  /** A fresh backend. */
  start(): Promise<Backend>;
  readonly carries?: Carries;
  /** What a metric is called there. Default: its name. */
  nameOf?(metric: Metric): string;
  /** What an attribute is called there. Default: its key. */
  keyOf?(key: string): string;
  /** ms that one push, and the end, may take. Default: 1000. */
  readonly timeout?: number;
  /** ms on top of it in which the adapter has to settle: a slow machine needs more. Default: 2000. */
  readonly grace?: number;
  /** ms within which what was pushed has to be there. Default: 5000. */
  readonly patience?: number;
}
