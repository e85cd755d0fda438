/** The probes of the reporter thread as one source: a probe that throws is left out, said once, and asked again. */
import { perfNow } from '../clock.ts';
import type { HostProbe, Put } from '../host/host-probe.ts';
import type { Metric } from '../snapshot/metric.ts';
import type { MetricSnapshot, Point } from '../snapshot/snapshot.ts';

const SCOPE = { name: 'loadline' };

const TIME: Metric = {
  name: 'loadline.probe.time',
  kind: 'counter',
  unit: 's',
  help: 'Time that the reporter thread spent in its probes, reading what the operating system tells.',
};
export const HOST_PROBE_METRICS: readonly Metric[] = [TIME];

export class HostProbes {
  readonly #probes: readonly HostProbe[];
  readonly #startTime: number;
  readonly #warn: (key: string, line: string) => void;
  /** ms by probe. */
  readonly #spent = new Map<HostProbe, number>();

  constructor(probes: readonly HostProbe[], startTime: number, warn: (key: string, line: string) => void) {
    this.#probes = probes;
    this.#startTime = startTime;
    this.#warn = warn;
  }

  /** Lets the probes look back: call at the start and every 5 s. Never throws. */
  tick(time: number): void {
    for (const probe of this.#probes) this.#guard(probe, () => probe.tick?.(time));
  }

  /** `of`: what is about this process, or about its host, which one process of a service tells. */
  metrics(time: number, of: 'all' | 'process' | 'host' = 'all'): MetricSnapshot[] {
    const byMetric = new Map<Metric, Point[]>();
    const put: Put = (metric, value, attributes = {}) => {
      const points = byMetric.get(metric) ?? [];
      byMetric.set(metric, points);
      points.push({ attributes, startTime: this.#startTime, value });
    };
    for (const probe of this.#probes) {
      const { scope = 'process' } = probe;
      if (of === 'all' || of === scope) this.#guard(probe, () => probe.read(put, time));
    }
    if (of !== 'host') for (const [{ name }, spent] of this.#spent) put(TIME, spent / 1e3, { probe: name });
    return [...byMetric].map(([metric, points]) => ({ metric, scope: SCOPE, points }));
  }

  #guard(probe: HostProbe, run: () => void): void {
    const begin = perfNow();
    try {
      run();
    } catch (error) {
      this.#warn(`host:${probe.name}`, `the probe ${probe.name} failed and is left out: ${(error as Error).message}`);
    }
    this.#spent.set(probe, (this.#spent.get(probe) ?? 0) + perfNow() - begin);
  }
}
