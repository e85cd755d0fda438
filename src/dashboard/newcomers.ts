/** What processes bring along that they counted before anybody looked: pure. */
import { merge } from '../snapshot/merge.ts';
import { isCumulative } from '../snapshot/metric.ts';
import type { ProcessSight, Sight } from '../snapshot/sight.ts';
import type { MetricSnapshot, Point, Snapshot } from '../snapshot/snapshot.ts';
import { WORKER_ATTRIBUTE as WORKER } from '../snapshot/worker.ts';

/** As much of a process as the next look needs. */
export interface Known extends Pick<ProcessSight, 'slot' | 'key' | 'pid'> {
  /** It had said something of itself. */
  readonly isHeard: boolean;
}

/**
 * The basis of a difference with what processes had counted that were not among those `before`: it would look as
 * if it had all come since. A process that began since the basis was taken brings nothing along.
 */
export function withNewcomers(basis: Snapshot, before: readonly Known[], { processes }: Sight): Snapshot {
  const known = new Map(before.map((each) => [each.slot, each]));
  const brought = processes.flatMap((process) => broughtBy(process, known, basis.time));
  return brought.length === 0 ? basis : { ...basis, metrics: merge([basis.metrics, ...brought]) };
}

function broughtBy(
  process: ProcessSight,
  known: ReadonlyMap<number | undefined, Known>,
  since: number,
): MetricSnapshot[][] {
  // The process that was on its own is the first of its group.
  const same = known.get(undefined)?.pid === process.pid ? known.get(undefined) : known.get(process.slot);
  const isSame = same?.isHeard === true && (same.slot === undefined || same.key === process.key);
  const hasLive = !isSame && process.metrics.length > 0 && !isFresh(process, since);
  const hasEarlier = same === undefined || same.slot !== process.slot;
  const lists = [...(hasLive ? [process.metrics] : []), ...(hasEarlier ? [process.earlier] : [])];
  return lists.flatMap((metrics) => inSums(metrics, process.slot)).filter((metrics) => metrics.length > 0);
}

/** It began after `time` (epoch ms). Values that count from no moment say nothing. */
function isFresh({ metrics }: ProcessSight, time: number): boolean {
  return metrics.every(({ points }) => points.every(({ startTime }) => startTime === 0 || startTime >= time));
}

/** As they go into sums: without the worker, or (`LOADLINE_AGGREGATE=worker`) with it. One of both is in none. */
function inSums(metrics: readonly MetricSnapshot[], slot: number | undefined): MetricSnapshot[][] {
  const sums = metrics.filter(({ metric }) => isCumulative(metric));
  const labelled = sums.map((each) => ({ ...each, points: each.points.map((point) => withWorker(point, slot)) }));
  const parts = sums.flatMap((each) => each.points.map((point) => [{ ...each, points: [withoutWorker(point)] }]));
  return [labelled, merge(parts)];
}

function withWorker(point: Point, slot: number | undefined): Point {
  const { [WORKER]: thread, ...rest } = point.attributes;
  const worker = thread === undefined ? String(slot) : `${slot}.${thread}`;
  return { ...point, attributes: { ...rest, [WORKER]: worker } };
}

function withoutWorker({ attributes, ...point }: Point): Point {
  const { [WORKER]: _, ...rest } = attributes;
  return { ...point, attributes: rest };
}
