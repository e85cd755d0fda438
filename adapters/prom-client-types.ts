/** What the bridges use of prom-client 14 and 15 and of @prometheus-io/client, which all have it. */

export interface PromValue {
  readonly value: number;
  readonly labels?: object;
  /** Default: the metric's own name. */
  readonly metricName?: string;
}

export interface PromData {
  readonly name: string;
  readonly help: string;
  /** `counter`, `gauge`, `histogram` or `summary`. */
  readonly type: string;
  readonly values: readonly PromValue[];
  readonly aggregator?: string;
}

export interface PromMetric {
  readonly name?: unknown;
  get(): Promise<PromData>;
}

/** A `Registry`. */
export interface PromRegistry {
  getMetricsAsArray(): unknown[];
  registerMetric(metric: never): void;
  removeSingleMetric(name: string): void;
  getSingleMetric(name: string): unknown;
  metrics(): Promise<string>;
  getMetricsAsJSON(): Promise<unknown>;
}
