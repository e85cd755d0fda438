/** A global `MeterProvider` for an app that writes to `@opentelemetry/api` and has no SDK set up. */

import type { Sampler } from '../src/sampler/sampler.ts';
import { fromOpenTelemetry } from './opentelemetry-in.ts';

interface MeterSource {
  getMeter(name: string, version?: string, options?: object): object;
}

/** What is used of `@opentelemetry/api`. */
export interface Api {
  readonly metrics: {
    getMeterProvider(): MeterSource;
    setGlobalMeterProvider(provider: never): boolean;
  };
  createNoopMeter(): object;
}

/** What is used of `@opentelemetry/sdk-metrics`. */
export interface Sdk {
  readonly MeterProvider: new (options: { readers: never[] }) => object;
}

/**
 * Sets a global provider whose SDK is loaded when the first meter is asked for; until then, nothing is. It must come
 * before the app's own code, since instruments of the API made without a provider stay without one.
 *
 * @param load May throw: meters then do nothing, as without a provider, and what was thrown goes to `onFailure` once.
 * @param onSampler Gets the sampler of the provider when the first meter is asked for.
 * @returns Whether it was set: false when the app has a provider already.
 */
export function provideGlobally(
  api: Api,
  load: () => Sdk,
  onSampler: (sampler: Sampler) => void,
  onFailure: (error: unknown) => void,
): boolean {
  let provider: MeterSource | undefined;
  const make = (): MeterSource => {
    try {
      const { reader, sampler } = fromOpenTelemetry();
      const made = new (load().MeterProvider)({ readers: [reader as never] }) as MeterSource;
      onSampler(sampler);
      return made;
    } catch (error) {
      onFailure(error);
      return { getMeter: () => api.createNoopMeter() };
    }
  };
  const lazy: MeterSource = {
    getMeter(name, version, options) {
      provider ??= make();
      return provider.getMeter(name, version, options);
    },
  };
  return api.metrics.setGlobalMeterProvider(lazy as never);
}
