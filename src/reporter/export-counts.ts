/** What became of the points that pushing adapters were given: `loadline.export.*`. */
import type { HostProbe } from '../host/host-probe.ts';
import type { Metric } from '../snapshot/metric.ts';
import type { Outcome } from './adapter.ts';

const counter = (outcome: Outcome, help: string): Metric => ({
  name: `loadline.export.${outcome}`,
  kind: 'counter',
  unit: '{point}',
  help,
});

const METRICS: Readonly<Record<Outcome, Metric>> = {
  sent: counter('sent', 'Points that the backend has, as far as its protocol tells.'),
  failed: counter('failed', 'Points of attempts that failed; they are tried again or carried into the next push.'),
  dropped: counter('dropped', 'Points that the backend refused, or that were given up beyond a bound.'),
  unknown: counter('unknown', 'Points that were sent and never answered.'),
  spooled: {
    name: 'loadline.export.spooled',
    kind: 'updown',
    unit: '{point}',
    help: 'Points that wait for their backend.',
  },
};

export const EXPORT_METRICS: readonly Metric[] = Object.values(METRICS);

/** Counts from zero for each adapter that pushes; `unknown` and `spooled` are absent until an adapter counts them. */
export class ExportCounts {
  readonly #counts = new Map<string, Map<Outcome, number>>();

  readonly probe: HostProbe = {
    name: 'export',
    metrics: EXPORT_METRICS,
    read: (put) => {
      for (const [adapter, counts] of this.#counts) {
        for (const [outcome, points] of counts) put(METRICS[outcome], points, { adapter });
      }
    },
  };

  /** From now on these are there. */
  begin(adapter: string): void {
    for (const outcome of ['sent', 'failed', 'dropped'] as const) this.add(adapter, outcome, 0);
  }

  /** What no count can be (not finite, or negative where only `spooled` may be) is left out. Never throws. */
  add(adapter: string, outcome: Outcome, points: number): void {
    if (!Object.hasOwn(METRICS, outcome) || !Number.isFinite(points) || (points < 0 && outcome !== 'spooled')) return;
    const counts = this.#counts.get(adapter) ?? new Map<Outcome, number>();
    this.#counts.set(adapter, counts);
    counts.set(outcome, (counts.get(outcome) ?? 0) + points);
  }
}
