/** What came between two sights: the input of every number of the dashboard. Pure but for what it remembers. */
import { nextBasis } from '../snapshot/basis.ts';
import { delta } from '../snapshot/delta.ts';
import { APP_SCOPE, isCumulative } from '../snapshot/metric.ts';
import { seriesKey } from '../snapshot/series-key.ts';
import type { ProcessSight, Sight } from '../snapshot/sight.ts';
import type { MetricSnapshot, Snapshot } from '../snapshot/snapshot.ts';
import { Lookup } from './lookup.ts';
import { type Known, withNewcomers } from './newcomers.ts';

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
const OF_PROCESSES = ['process.cpu.time', 'nodejs.eventloop.time', 'loadline.eventloop.delay'];

/** What is remembered of a process for the next interval: the rest of its metrics may be let go of. */
interface Remembered extends Known {
  readonly metrics: readonly MetricSnapshot[];
}

export class Intervals {
  #processes: readonly Remembered[] = [];
  #basis: Snapshot | undefined;

  /** What came since the last call; undefined at the first one. */
  next(sight: Sight): Interval | undefined {
    const { time, metrics } = sight;
    const [before, processes] = [this.#basis, this.#processes];
    const basis = before && withNewcomers(before, processes, sight);
    const current = { time, resource: {}, metrics };
    this.#processes = sight.processes.map(shortOf);
    this.#basis = nextBasis(before, current);
    if (!basis || time <= basis.time) return undefined;
    const changes = delta(basis, current).metrics.flatMap((each) => believed(each, basis));
    return {
      time,
      seconds: (time - basis.time) / 1000,
      now: new Lookup(metrics),
      sight,
      came: new Lookup(changes),
      changes,
      processes: sight.processes.map((process, i) => {
        return processInterval(process, this.#processes[i]!, processes, basis.time, time);
      }),
    };
  }
}

function processInterval(
  process: ProcessSight,
  { isHeard, metrics }: Remembered,
  before: readonly Remembered[],
  since: number,
  time: number,
): ProcessInterval {
  const now = new Lookup(process.metrics);
  const same = before.find(({ slot, key }) => slot === process.slot && key === process.key);
  if (!same?.isHeard || !isHeard) return { process, now, came: undefined };
  const [from, to] = [same.metrics, metrics];
  const came = delta({ time: since, resource: {}, metrics: from }, { time, resource: {}, metrics: to }).metrics;
  return { process, now, came: new Lookup(came) };
}

function shortOf({ slot, key, pid, metrics }: ProcessSight): Remembered {
  const kept = metrics.filter(({ metric }) => OF_PROCESSES.includes(metric.name));
  return { slot, key, pid, isHeard: metrics.length > 0, metrics: kept };
}

/**
 * Without what a difference gives whole but did not come in the interval. A series that is new began at 0 if it is the
 * agent's own or an instrument's; a sampler may have counted for hours before it was asked first. One that fell has begun
 * anew somewhere: how much of it is new nobody knows.
 */
function believed(snapshot: MetricSnapshot, basis: Snapshot): MetricSnapshot[] {
  const { metric, scope } = snapshot;
  if (!isCumulative(metric) || snapshot.points.every(({ startTime }) => startTime === basis.time)) return [snapshot];
  const isOurs = scope.name === 'loadline' || scope.name === APP_SCOPE.name;
  const before = new Set<string>();
  for (const each of basis.metrics) {
    if (each.metric.name === metric.name) for (const { attributes } of each.points) before.add(seriesKey(attributes));
  }
  const points = snapshot.points.filter(({ startTime, attributes }) => {
    return startTime === basis.time || (isOurs && !before.has(seriesKey(attributes)));
  });
  return points.length > 0 ? [{ ...snapshot, points }] : [];
}
