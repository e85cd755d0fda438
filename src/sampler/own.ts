/** What a collector tells about its samplers: `loadline.sampler.*`, one series per sampler scope. */
import type { Attributes, Metric } from '../snapshot/metric.ts';
import type { MetricSnapshot, Point } from '../snapshot/snapshot.ts';

const OWN_SCOPE = Object.freeze({ name: 'loadline' });
const BOUNDS = Object.freeze([0.001, 0.01, 0.1, 1, 10]);

/** The counters of one scope, shared by all samplers that carry its name. */
export class Tally {
  readonly attributes: Attributes;
  readonly startTime: number;
  readonly #counts: number[] = BOUNDS.concat(0).fill(0);
  #sum = 0;
  errors = 0;
  timeouts = 0;
  skipped = 0;
  refused = 0;
  overflowed = 0;
  /** Samplers present that count here. */
  holders = 0;

  constructor(scope: string, startTime: number) {
    this.attributes = Object.freeze({ scope });
    this.startTime = startTime;
  }

  /** Seconds from the start of a call until it settled or was given up. */
  took(seconds: number): void {
    const bucket = BOUNDS.findIndex((bound) => seconds <= bound);
    this.#counts[bucket < 0 ? BOUNDS.length : bucket]!++;
    this.#sum += seconds;
  }

  get duration(): { counts: number[]; sum: number } {
    return { counts: [...this.#counts], sum: this.#sum };
  }
}

const counter = (name: string, unit: string, help: string): Metric =>
  Object.freeze({ name: `loadline.sampler.${name}`, kind: 'counter', unit, help });

const DURATION: Metric = Object.freeze({
  name: 'loadline.sampler.duration',
  kind: 'histogram',
  unit: 's',
  help: 'Time from asking a sampler until it settled or was given up.',
  bounds: BOUNDS,
});

const OWN: readonly (readonly [Metric, (tally: Tally) => Point['value']])[] = [
  [DURATION, (tally) => tally.duration],
  [counter('errors', '{error}', 'Samplers that threw or rejected.'), (tally) => tally.errors],
  [counter('timeouts', '{timeout}', 'Samplers that missed their deadline.'), (tally) => tally.timeouts],
  [counter('skipped', '{round}', 'Rounds in which a sampler was not asked.'), (tally) => tally.skipped],
  [counter('refused', '{value}', 'Values that broke the sampler standard.'), (tally) => tally.refused],
  [counter('overflowed', '{value}', 'Values put over the series budget.'), (tally) => tally.overflowed],
];

export const OWN_METRICS: readonly Metric[] = OWN.map(([metric]) => metric);

export function ownSnapshots(tallies: readonly Tally[]): MetricSnapshot[] {
  if (tallies.length === 0) return [];
  return OWN.map(([metric, read]) => ({
    metric,
    scope: OWN_SCOPE,
    points: tallies.map((tally) => ({ attributes: tally.attributes, startTime: tally.startTime, value: read(tally) })),
  }));
}
