/** Metrics by name, and sums over their series: pure. */
import type { Metric } from '../snapshot/metric.ts';
import type { HistogramPoint, MetricSnapshot, Point } from '../snapshot/snapshot.ts';
import { WORKER_ATTRIBUTE } from '../snapshot/worker.ts';

export type Filter = (attributes: Point['attributes']) => boolean;

const ANY: Filter = () => true;
/** Of a process's main thread: the values that carry no thread's name. */
export const OF_MAIN: Filter = (attributes) => attributes[WORKER_ATTRIBUTE] === undefined;

export class Lookup {
  readonly #byName = new Map<string, { readonly metric: Metric; readonly points: readonly Point[] }>();

  constructor(metrics: readonly MetricSnapshot[]) {
    for (const { metric, points } of metrics) {
      const known = this.#byName.get(metric.name);
      this.#byName.set(metric.name, known ? { metric, points: [...known.points, ...points] } : { metric, points });
    }
  }

  points(name: string, filter: Filter = ANY): readonly Point[] {
    const points = this.#byName.get(name)?.points ?? [];
    return filter === ANY ? points : points.filter(({ attributes }) => filter(attributes));
  }

  bounds(name: string): readonly number[] {
    return this.#byName.get(name)?.metric.bounds ?? [];
  }

  /** Of numbers; null when no series fits. */
  sum(name: string, filter?: Filter): number | null {
    return total(numbers(this.points(name, filter)));
  }

  /** Of numbers; null when no series fits. */
  max(name: string, filter?: Filter): number | null {
    const values = numbers(this.points(name, filter));
    return values.length === 0 ? null : Math.max(...values);
  }

  /** Sums of a histogram's values; null when no series fits. */
  sumOfValues(name: string, filter?: Filter): number | null {
    return total(this.points(name, filter).flatMap(({ value }) => (typeof value === 'number' ? [] : [value.sum])));
  }

  histograms(name: string, filter?: Filter): readonly HistogramPoint[] {
    return this.points(name, filter).flatMap(({ value }) => (typeof value === 'number' ? [] : [value]));
  }
}

export function has(key: string, value: string | number): Filter {
  return (attributes) => attributes[key] === value;
}

export function both(a: Filter, b: Filter): Filter {
  return (attributes) => a(attributes) && b(attributes);
}

function numbers(points: readonly Point[]): number[] {
  return points.flatMap(({ value }) => (typeof value === 'number' ? [value] : []));
}

function total(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0);
}
