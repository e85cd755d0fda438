/** What came between two sights: the input of every number of the dashboard. Pure but for what it remembers. */
import { nextBasis } from '../snapshot/basis.ts';
import { delta } from '../snapshot/delta.ts';
import { APP_SCOPE } from '../snapshot/metric.ts';
import type { ProcessSight, Sight } from '../snapshot/sight.ts';
import type { MetricSnapshot, Snapshot } from '../snapshot/snapshot.ts';
import { Lookup } from './lookup.ts';
import { withNewcomers } from './newcomers.ts';

/** One process in an interval. */
export interface ProcessInterval {
  readonly process: ProcessSight;
  /** As it is at the end. */
  readonly now: Lookup;
  /** What came since the last sight; undefined: it was not there. */
  readonly came: Lookup | undefined;
}

export interface Interval {
  /** Epoch ms, of its end. */
  readonly time: number;
  readonly seconds: number;
  /** Of all processes at the end, cumulative. */
  readonly now: Lookup;
  readonly sight: Sight;
  /** Of all processes, what came. */
  readonly came: Lookup;
  readonly changes: readonly MetricSnapshot[];
  readonly processes: readonly ProcessInterval[];
}

/** What is told of processes one by one. */
const OF_PROCESSES = ['process.cpu.time', 'nodejs.eventloop.time', 'loadline.eventloop.delay', 'v8js.gc.duration'];

export class Intervals {
  #before: Sight | undefined;
  #basis: Snapshot | undefined;

  /** What came since the last call; undefined at the first one. */
  next(sight: Sight): Interval | undefined {
    const { time, resource, metrics } = sight;
    const before = this.#before;
    const basis = before && withNewcomers(this.#basis!, before, sight);
    this.#before = sight;
    this.#basis = nextBasis(this.#basis, { time, resource, metrics });
    if (!before || !basis || time <= before.time) return undefined;
    const changes = delta(basis, { time, resource, metrics }).metrics.flatMap((each) => believed(each, before.time));
    return {
      time,
      seconds: (time - before.time) / 1000,
      now: new Lookup(metrics),
      sight,
      came: new Lookup(changes),
      changes,
      processes: sight.processes.map((process) => processInterval(process, before, time)),
    };
  }
}

function processInterval(process: ProcessSight, before: Sight, time: number): ProcessInterval {
  const now = new Lookup(process.metrics);
  const same = before.processes.find(({ slot, key }) => slot === process.slot && key === process.key);
  const isKnown = same !== undefined && same.metrics.length > 0 && process.metrics.length > 0;
  if (!isKnown) return { process, now, came: undefined };
  const [from, to] = [same, process].map(({ metrics }) =>
    metrics.filter(({ metric }) => OF_PROCESSES.includes(metric.name)),
  );
  const snapshot = { time, resource: {}, metrics: to! };
  return {
    process,
    now,
    came: new Lookup(delta({ ...snapshot, time: before.time, metrics: from! }, snapshot).metrics),
  };
}

/**
 * A series that is new is given whole. Of the agent's own and of instruments that is what came, since their series begin
 * at 0; a sampler may have counted for hours before it was asked first.
 */
function believed(snapshot: MetricSnapshot, since: number): MetricSnapshot[] {
  const { metric, scope } = snapshot;
  const isOurs = scope.name === 'loadline' || scope.name === APP_SCOPE.name;
  if (isOurs || metric.kind === 'gauge' || metric.kind === 'updown') return [snapshot];
  const points = snapshot.points.filter(({ startTime }) => startTime === since);
  return points.length > 0 ? [{ ...snapshot, points }] : [];
}
