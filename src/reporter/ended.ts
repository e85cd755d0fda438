/** The sums that worker threads have left which are gone. */
import { fold, lasting } from '../snapshot/fold.ts';
import { merge } from '../snapshot/merge.ts';
import type { MetricSnapshot } from '../snapshot/snapshot.ts';

/** What was recorded, and what samplers said by the name of their scope: a reader may leave out a scope. */
export interface EndedParts {
  readonly recorded: readonly MetricSnapshot[];
  readonly sampled: ReadonlyMap<string, readonly MetricSnapshot[]>;
}

/** Scopes of samplers that are kept apart; those of more are left out. */
const MAX_SCOPES = 1000;

export class Ended {
  readonly #limit: number;
  #parts: EndedParts;

  /** @param limit series for each metric, 2 or more: the rest goes to its overflow series */
  constructor(limit: number, parts: EndedParts = { recorded: [], sampled: new Map() }) {
    this.#limit = Math.max(2, limit);
    this.#parts = parts;
  }

  get parts(): EndedParts {
    return this.#parts;
  }

  /** Takes over the last values of threads, each list of one thread. All or nothing. */
  add(recorded: readonly (readonly MetricSnapshot[])[], sampled: readonly (readonly MetricSnapshot[])[]): void {
    const scopes = new Map(this.#parts.sampled);
    for (const metrics of sampled.map(lasting)) {
      for (const name of new Set(metrics.map(({ scope }) => scope.name))) {
        if (!scopes.has(name) && scopes.size >= MAX_SCOPES) continue;
        const own = metrics.filter(({ scope }) => scope.name === name);
        scopes.set(name, fold([scopes.get(name) ?? [], own], this.#limit));
      }
    }
    this.#parts = {
      recorded: fold([this.#parts.recorded, ...recorded.map(lasting)], this.#limit),
      sampled: scopes,
    };
  }

  /** @param without the scope of samplers whose values are left out */
  metrics(without?: string): MetricSnapshot[] {
    const sampled = [...this.#parts.sampled].filter(([scope]) => scope !== without);
    return merge([this.#parts.recorded, ...sampled.map(([, metrics]) => metrics)]);
  }
}
