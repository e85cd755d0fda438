/** The probes of the reporter thread as one source: a probe that throws is left out, said once, and asked again. */
import type { HostProbe } from '../host/host-probe.ts';
import type { Attributes, Metric } from '../snapshot/metric.ts';
import type { MetricSnapshot, Point } from '../snapshot/snapshot.ts';

const SCOPE = { name: 'loadline' };

export class HostProbes {
  readonly #probes: readonly HostProbe[];
  readonly #startTime: number;
  readonly #warn: (key: string, line: string) => void;

  constructor(probes: readonly HostProbe[], startTime: number, warn: (key: string, line: string) => void) {
    this.#probes = probes;
    this.#startTime = startTime;
    this.#warn = warn;
  }

  /** Lets the probes look back: call every 5 s. Never throws. */
  tick(time: number): void {
    for (const probe of this.#probes) this.#guard(probe, () => probe.tick?.(time));
  }

  /** Of the probes of one scope, or of all. */
  metrics(time: number, scope?: HostProbe['scope']): MetricSnapshot[] {
    const byMetric = new Map<Metric, Point[]>();
    const put = (metric: Metric, value: number, attributes: Attributes = {}) => {
      const points = byMetric.get(metric) ?? [];
      byMetric.set(metric, points);
      points.push({ attributes, startTime: this.#startTime, value });
    };
    for (const probe of this.#probes) {
      if (scope === undefined || scope === (probe.scope ?? 'process')) this.#guard(probe, () => probe.read(put, time));
    }
    return [...byMetric].map(([metric, points]) => ({ metric, scope: SCOPE, points }));
  }

  #guard(probe: HostProbe, run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#warn(`host:${probe.name}`, `the probe ${probe.name} failed and is left out: ${(error as Error).message}`);
    }
  }
}
