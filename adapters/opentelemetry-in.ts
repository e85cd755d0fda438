/** The bridge from an OpenTelemetry SDK that the app has: a reader for its `MeterProvider`, and a sampler that asks it. */
import { OPENTELEMETRY_SCOPE, warnOnce } from '../src/bridge.ts';
import { reasonOf } from '../src/errors.ts';
import type { Sampler } from '../src/sampler/sampler.ts';
import { type Collected, CUMULATIVE, DEFAULT_AGGREGATION, type Producer } from './opentelemetry-types.ts';
import { type Entry, entriesOf } from './opentelemetry-values.ts';

/** ms that a round waits for asynchronous observable callbacks; the SDK leaves out those that take longer. */
const PATIENCE = 250;
/** Series per instrument, the SDK's own default. */
const SERIES = 2000;

/** An `IMetricReader` of `@opentelemetry/sdk-metrics`, by shape. */
export class BridgeReader {
  #producer: Producer | undefined;
  /** What was known when the provider was shut down: it stays, so that nothing is lost at the end. */
  #last: Collected | undefined;

  /** Called by the provider. @throws Error when it has a provider already. */
  setMetricProducer(producer: Producer): void {
    if (this.#producer) throw new Error('MetricReader can not be bound to a MeterProvider again.');
    this.#producer = producer;
  }

  selectAggregation(): { type: typeof DEFAULT_AGGREGATION } {
    return { type: DEFAULT_AGGREGATION };
  }

  selectAggregationTemporality(): typeof CUMULATIVE {
    return CUMULATIVE;
  }

  selectCardinalityLimit(): number {
    return SERIES;
  }

  /** Everything since the start; nothing without a provider. */
  async collect(): Promise<never> {
    return (await this.read()) as never;
  }

  async read(): Promise<Collected> {
    const nothing: Collected = { resourceMetrics: { scopeMetrics: [] }, errors: [] };
    return this.#last ?? (await this.#producer?.collect({ timeoutMillis: PATIENCE })) ?? nothing;
  }

  async shutdown(): Promise<void> {
    this.#last = await this.read();
  }

  /** Whoever asks the sampler gets everything. */
  async forceFlush(): Promise<void> {}
}

/**
 * A reader for a `MeterProvider` of the app's own OpenTelemetry SDK (2.x or 3.x), and the sampler that shows all that the
 * provider has. Delta readers of the same provider are not disturbed.
 *
 * @example
 * import { MeterProvider } from '@opentelemetry/sdk-metrics';
 * import { register } from 'loadline';
 * import { fromOpenTelemetry } from 'loadline/adapters/opentelemetry';
 * const { reader, sampler } = fromOpenTelemetry();
 * register(sampler);
 * const provider = new MeterProvider({ readers: [reader] });
 */
export function fromOpenTelemetry(): { readonly reader: BridgeReader; readonly sampler: Sampler } {
  const reader = new BridgeReader();
  const sampler: Sampler = {
    scope: { name: OPENTELEMETRY_SCOPE },
    async sample(sink) {
      const { resourceMetrics, errors } = await reader.read();
      for (const error of errors) tell('an observable callback', error);
      for (const { scope, metrics } of resourceMetrics.scopeMetrics) {
        for (const data of metrics) {
          const entries = attempt(data.descriptor.name, () => entriesOf(data, scope));
          for (const { metric, value, attributes } of entries) sink.put(metric, value, attributes);
        }
      }
    },
  };
  return { reader, sampler };
}

function attempt(name: string, make: () => Entry[]): Entry[] {
  try {
    return make();
  } catch (error) {
    tell(name, error);
    return [];
  }
}

function tell(metric: string, error: unknown): void {
  const params = { metric, bridge: 'OpenTelemetry', reason: reasonOf(error) };
  warnOnce('ERR_LOADLINE_BRIDGE_METRIC', `otel ${metric}`, params);
}
