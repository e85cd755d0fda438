/** Collectors that conform in nothing, for the checks to find out. */

import type { CollectorUnderTest } from '../../src/sampler/conformance/collector.ts';
import type { Sampler, Sink } from '../../src/sampler/sampler.ts';
import type { Metric } from '../../src/snapshot/metric.ts';
import type { MetricSnapshot, Point } from '../../src/snapshot/snapshot.ts';

/** Never asks, never answers. */
export class MuteCollector implements CollectorUnderTest {
  async collect(): Promise<MetricSnapshot[]> {
    return [];
  }

  close(): void {
    throw new Error('nothing to close');
  }
}

/** Asks everybody, believes everything, waits for ever and forgets nothing. */
export class CredulousCollector implements CollectorUnderTest {
  readonly #samplers: Set<Sampler>;
  readonly #points = new Map<string, { snapshot: MetricSnapshot; points: Map<string, Point> }>();

  constructor(samplers: Set<Sampler>) {
    this.#samplers = samplers;
  }

  async collect(): Promise<MetricSnapshot[]> {
    for (const sampler of [...this.#samplers]) {
      if (sampler === null || typeof sampler !== 'object') this.#samplers.delete(sampler);
      else await this.#ask(sampler);
    }
    return [...this.#points.values()].map(({ snapshot, points }) => ({ ...snapshot, points: [...points.values()] }));
  }

  close(): void {
    for (const sampler of this.#samplers) {
      const stop = sampler.start?.();
      if (stop) stop();
    }
  }

  async #ask(sampler: Sampler): Promise<void> {
    const stop = sampler.start?.();
    const controller = new AbortController();
    const sink: Sink = {
      put: (metric, value, attributes = {}) => this.#put(sampler, metric, { value: value as number, attributes }),
    };
    const returned = sampler.sample(sink, { signal: controller.signal, consumer: 'credulous' });
    await Promise.race([returned, new Promise((resolve) => setTimeout(resolve, 10))]);
    if (stop) stop();
  }

  #put(sampler: Sampler, metric: Metric, point: { value: number; attributes: Point['attributes'] }): void {
    const id = `${sampler.scope.name} ${metric.name} ${metric.kind}`;
    const entry = this.#points.get(id) ?? {
      snapshot: { metric, scope: sampler.scope, points: [] },
      points: new Map<string, Point>(),
    };
    this.#points.set(id, entry);
    const startTime = sampler.startTime ?? Number.NaN;
    entry.points.set(JSON.stringify(point.attributes), { ...point, startTime });
  }
}
