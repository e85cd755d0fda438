/** What one process has counted, so that it never falls and nothing of it vanishes: pure. */
import { addValues, isSameMetric } from '../snapshot/merge.ts';
import { isCumulative, type Metric, OVERFLOW_ATTRIBUTES } from '../snapshot/metric.ts';
import { seriesKey } from '../snapshot/series-key.ts';
import type { MetricSnapshot, Point } from '../snapshot/snapshot.ts';

const OVERFLOW_KEY = seriesKey(OVERFLOW_ATTRIBUTES);

interface Entry {
  /** What is added to what the process says: what it had counted before it began anew. */
  carried: Point['value'] | undefined;
  /** As the process said it last. */
  said: Point;
  /** As it was given out last: `carried` + `said`. */
  given: Point;
  round: number;
}

interface Family {
  readonly metric: Metric;
  readonly scope: MetricSnapshot['scope'];
  readonly entries: Map<string, Entry>;
  overflow: Point | undefined;
}

/**
 * Takes what a process says of itself and gives the same with three corrections for counters and histograms: a value
 * that fell or counts from a later start is added to what was counted before; a series that is gone keeps its value, and
 * goes on from it when it comes back; beyond `limit` series of one metric, those that are gone go into one overflow
 * series. Gauges and updowns pass.
 */
export class Ledger {
  readonly #limit: number;
  readonly #families = new Map<string, Family>();
  #round = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Call with what the process counts at later and later moments. */
  observe(metrics: readonly MetricSnapshot[]): MetricSnapshot[] {
    this.#round++;
    const result: MetricSnapshot[] = [];
    for (const snapshot of metrics) {
      if (isCumulative(snapshot.metric)) this.#note(snapshot);
      else result.push(snapshot);
    }
    for (const family of this.#families.values()) {
      this.#fold(family);
      result.push({ metric: family.metric, scope: family.scope, points: pointsOf(family) });
    }
    return result;
  }

  /** Another shape under a known name is another metric: what was counted in the old one is over. */
  #note({ metric, scope, points }: MetricSnapshot): void {
    let family = this.#families.get(metric.name);
    if (family === undefined || !isSameMetric(family.metric, metric)) {
      family = { metric, scope, entries: new Map(), overflow: undefined };
      this.#families.set(metric.name, family);
    }
    for (const point of points) {
      const key = seriesKey(point.attributes);
      const known = family.entries.get(key);
      family.entries.set(key, known ? advance(known, point, this.#round) : begin(point, this.#round));
    }
  }

  #fold(family: Family): void {
    if (family.entries.size <= this.#limit) return;
    for (const [key, { given, round }] of family.entries) {
      if (family.entries.size <= this.#limit) return;
      if (round === this.#round || key === OVERFLOW_KEY) continue;
      family.entries.delete(key);
      const { overflow } = family;
      family.overflow = overflow
        ? { ...overflow, value: addValues(overflow.value, given.value) }
        : { ...given, attributes: OVERFLOW_ATTRIBUTES };
    }
  }
}

/** The process may have an overflow series of its own. */
function pointsOf({ entries, overflow }: Family): Point[] {
  const points: Point[] = [];
  for (const [key, { given }] of entries) if (!overflow || key !== OVERFLOW_KEY) points.push(given);
  if (!overflow) return points;
  const own = entries.get(OVERFLOW_KEY)?.given;
  return [...points, own ? { ...overflow, value: addValues(overflow.value, own.value) } : overflow];
}

function begin(point: Point, round: number): Entry {
  return { carried: undefined, said: point, given: point, round };
}

function advance(known: Entry, point: Point, round: number): Entry {
  const isNew = point.startTime > known.said.startTime || valueFell(known.said.value, point.value);
  const carried = isNew ? known.given.value : known.carried;
  if (carried === undefined) return { carried, said: point, given: point, round };
  const given = { ...point, startTime: known.given.startTime, value: addValues(carried, point.value) };
  return { carried, said: point, given, round };
}

/** Whether a total is less than it was, in any of its parts. */
function valueFell(before: Point['value'], after: Point['value']): boolean {
  if (typeof before === 'number' || typeof after === 'number') return after < before;
  for (let i = 0; i < before.counts.length; i++) if (after.counts[i]! < before.counts[i]!) return true;
  return false;
}
