/** Which metric each name stands for in one collector: the first one to claim it, until its last holder lets go. */
import type { Metric } from '../snapshot/metric.ts';
import { agrees, CONFLICT, Refusal, readMetric } from './accept.ts';

interface Claim {
  readonly metric: Metric;
  holders: number;
}

export class Names {
  readonly #claims = new Map<string, Claim>();

  /** The shared, frozen description of the metric. Every claim needs one `release`. */
  claim(given: Metric): Metric | Refusal {
    const metric = readMetric(given);
    if (metric instanceof Refusal) return metric;
    const claim = this.#claims.get(metric.name);
    if (claim === undefined) {
      this.#claims.set(metric.name, { metric, holders: 1 });
      return metric;
    }
    if (!agrees(claim.metric, metric)) return CONFLICT;
    claim.holders++;
    return claim.metric;
  }

  release(name: string): void {
    const claim = this.#claims.get(name);
    if (claim !== undefined && --claim.holders === 0) this.#claims.delete(name);
  }
}
