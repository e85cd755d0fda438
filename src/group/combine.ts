/** The processes of a group as one list of metrics: pure. */
import type { Aggregate } from '../config.ts';
import { merge } from '../snapshot/merge.ts';
import type { Attributes, Metric } from '../snapshot/metric.ts';
import type { MetricSnapshot, Point } from '../snapshot/snapshot.ts';
import { MAIN_WORKER, WORKER_ATTRIBUTE as WORKER } from '../snapshot/worker.ts';
import type { Shown } from './slots.ts';
import { sumsOf } from './sums.ts';

/**
 * One list. Gauges carry `loadline.worker`, the number of their slot; counters, updowns and histograms add up over all
 * slots (`sum`) or carry it, too (`worker`). `shown` must be in the order of slots: first what a slot counted is added
 * up, then the slots in their order, so that no sum ever falls by rounding when a process ends or is succeeded.
 */
export function combine(shown: readonly Shown[], aggregate: Aggregate): MetricSnapshot[] {
  return merge(shown.map((slot) => slotMetrics(slot, aggregate)));
}

function slotMetrics({ number, live, over, base }: Shown, aggregate: Aggregate): MetricSnapshot[] {
  const current = over ? sumsOf(live) : live;
  const all = base.length === 0 ? current : merge([current, base]);
  return all.map((snapshot) => withWorker(snapshot, number, aggregate));
}

function withWorker(snapshot: MetricSnapshot, number: number, aggregate: Aggregate): MetricSnapshot {
  const { metric, points } = snapshot;
  const isSummed = aggregate === 'sum' && metric.kind !== 'gauge';
  if (isSummed) {
    if (points.every(({ attributes }) => attributes[WORKER] === undefined)) return snapshot;
    // Threads of one process are one series of the sum.
    return { ...snapshot, points: addUp(metric, points.map(withoutWorker)) };
  }
  return { ...snapshot, points: points.map((point) => ({ ...point, attributes: worker(point.attributes, number) })) };
}

/** `3`; of a thread of it `3.1`. */
function worker(attributes: Attributes, number: number): Attributes {
  const { [WORKER]: thread, ...rest } = attributes;
  const isMain = thread === undefined || thread === MAIN_WORKER;
  return { ...rest, [WORKER]: isMain ? String(number) : `${number}.${thread}` };
}

function withoutWorker({ attributes, ...point }: Point): Point {
  const { [WORKER]: _, ...rest } = attributes;
  return { ...point, attributes: rest };
}

function addUp(metric: Metric, points: readonly Point[]): Point[] {
  const parts = points.map((point) => [{ metric, scope: { name: '' }, points: [point] }]);
  return merge(parts).flatMap((each) => each.points);
}
