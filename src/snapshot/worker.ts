/** Which worker a value is of. Pure: the one place where workers are named. */
import type { MetricSnapshot } from './snapshot.ts';

/**
 * The attribute that tells workers apart. In one process a worker thread is `'1'`, `'2'`, … and the main thread, whose
 * values do not carry it, has no name but in lists: `MAIN_WORKER`.
 */
export const WORKER_ATTRIBUTE = 'loadline.worker';
export const MAIN_WORKER = 'main';

/** The name of a worker thread by its number: the lowest that no other living thread had when it came, from 1. */
export function threadWorker(number: number): string {
  return String(number);
}

/**
 * The metrics of one worker, marked as its own where they can't be added up: gauges, or with `aggregate` `worker` all.
 */
export function ofWorker(
  metrics: readonly MetricSnapshot[],
  worker: string,
  aggregate: 'sum' | 'worker',
): MetricSnapshot[] {
  return metrics.map((snapshot) => {
    if (aggregate === 'sum' && snapshot.metric.kind !== 'gauge') return snapshot;
    const points = snapshot.points.map((point) => ({
      ...point,
      attributes: { ...point.attributes, [WORKER_ATTRIBUTE]: worker },
    }));
    return { ...snapshot, points };
  });
}
