/** What the tests of the collector share. */
import { Collector, type CollectorOptions } from '../../src/sampler/collect.ts';
import type { Attributes, Metric, SampleContext, Sampler, Sink } from '../../src/sampler/sampler.ts';
import { attributesKey } from '../../src/snapshot/metric.ts';
import type { MetricSnapshot, Point } from '../../src/snapshot/snapshot.ts';

export const COUNTER: Metric = { name: 'test.counter', kind: 'counter' };
export const GAUGE: Metric = { name: 'test.gauge', kind: 'gauge' };

/** A sampler that counts its calls. */
export function sampler(
  scope: string,
  sample: (sink: Sink, call: number, context: SampleContext) => unknown,
  more: object = {},
): Sampler & { calls: number } {
  return {
    scope: { name: scope },
    calls: 0,
    sample(sink: Sink, context: SampleContext) {
      this.calls++;
      return sample(sink, this.calls, context) as undefined;
    },
    ...more,
  };
}

/** A collector of these entries, with what it warned about. */
export function collector(entries: readonly unknown[], options: Partial<CollectorOptions> = {}) {
  const samplers = new Set(entries) as Set<Sampler>;
  const warnings: string[] = [];
  const warn = (code: string, text: string): void => void warnings.push(`${code} ${text}`);
  return { samplers, warnings, collector: new Collector({ samplers, warn, timeout: 60, ...options }) };
}

export function points(result: readonly MetricSnapshot[], scope: string, name: string): readonly Point[] {
  return result
    .filter((snapshot) => snapshot.scope.name === scope && snapshot.metric.name === name)
    .flatMap((snapshot) => snapshot.points);
}

export function value(result: readonly MetricSnapshot[], scope: string, name: string, attributes: Attributes = {}) {
  const key = attributesKey(attributes);
  return points(result, scope, name).find((point) => attributesKey(point.attributes) === key)?.value;
}

/** What the collector tells about the samplers of a scope. */
export function own(result: readonly MetricSnapshot[], metric: string, scope: string) {
  return value(result, 'loadline', `loadline.sampler.${metric}`, { scope });
}

export const never = (): Promise<void> => new Promise(() => undefined);
export const fail = (message = 'on purpose'): never => {
  throw new Error(message);
};
export function blockFor(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}
