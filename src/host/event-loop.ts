/** The app's event loop as its map shows it, the block that is going on included. */
import type { Metric } from '../snapshot/metric.ts';
import { cellValue, quantile } from '../store/buckets.ts';
import type { StoreReader } from '../store/reader.ts';
import type { HostProbe, HostProbeFactory, Put } from './host-probe.ts';

const TIME: Metric = {
  name: 'nodejs.eventloop.time',
  kind: 'counter',
  unit: 's',
  help: 'Time the event loop ran callbacks (active) and waited for events (idle).',
};
const UTILIZATION: Metric = {
  name: 'nodejs.eventloop.utilization',
  kind: 'gauge',
  unit: '1',
  help: 'Share of the trailing minute in which the event loop was active.',
};
const STALLS: Metric = {
  name: 'loadline.eventloop.stalls',
  kind: 'counter',
  unit: '{stall}',
  help: 'Times the event loop was blocked for at least LOADLINE_STALL_THRESHOLD.',
};
const STALLED: Metric = {
  name: 'loadline.eventloop.stalled.time',
  kind: 'counter',
  unit: 's',
  help: 'Time the event loop was blocked in stalls.',
};
const STALL_AGE: Metric = {
  name: 'loadline.eventloop.stall.age',
  kind: 'gauge',
  unit: 's',
  help: 'How long the stall that is going on has lasted; 0 when none is.',
};
const delay = (what: string): Metric => ({
  name: `nodejs.eventloop.delay.${what}`,
  kind: 'gauge',
  unit: 's',
  help: `Event loop delay over the trailing minute: ${what}.`,
});
const DELAY = {
  min: delay('min'),
  max: delay('max'),
  mean: delay('mean'),
  stddev: delay('stddev'),
  p50: delay('p50'),
  p90: delay('p90'),
  p99: delay('p99'),
};
const DELAY_HISTOGRAM = 'loadline.eventloop.delay';

/** ms that a pulse may be late before the loop counts as blocked. */
const SLACK = 50;
/** Ticks of 5 s that make the trailing minute. */
const TICKS = 12;

interface Reading {
  /** ms */
  readonly active: number;
  readonly idle: number;
  /** Exponential cells of the delay histogram; undefined before it exists. */
  readonly delays: Float64Array | undefined;
}

/** ms by which the pulse is overdue at `time`; 0 while the loop is not known to be blocked. */
export function overdue(map: StoreReader, time: number): number {
  const beat = map.header('beat');
  if (beat === 0) return 0;
  const late = time - beat - map.header('beatInterval');
  return late > SLACK ? late : 0;
}

/** ms by which it is overdue since the thread was last seen parked: then it waits for work, as an idle loop does. */
export function stalledFor(map: StoreReader, time: number): number {
  return isParked(map) ? Math.min(overdue(map, time), Math.max(0, time - map.header('parkedAt'))) : overdue(map, time);
}

/** ms that it was parked since its last beat. */
function parkedFor(map: StoreReader): number {
  return isParked(map) ? map.header('parkedTime') : 0;
}

function isParked(map: StoreReader): boolean {
  return map.header('parkedTime') > 0 && map.header('parkedBeat') === map.header('beat');
}

export const eventLoop: HostProbeFactory = (map, { stallThreshold }) => {
  const ring: Reading[] = [];
  let activeSeen = 0;
  let idleSeen = 0;

  const take = (time: number): Reading => {
    // Overdue time is the loop's active time of which the loop itself has not told yet.
    activeSeen = Math.max(activeSeen, map.header('loopActive') + Math.max(0, overdue(map, time) - parkedFor(map)));
    idleSeen = Math.max(idleSeen, map.header('loopIdle') + parkedFor(map));
    return { active: activeSeen, idle: idleSeen, delays: map.exponentialCells(DELAY_HISTOGRAM) };
  };

  const probe: HostProbe = {
    name: 'event-loop',
    metrics: [TIME, UTILIZATION, STALLS, STALLED, STALL_AGE, ...Object.values(DELAY)],
    tick(time) {
      if (map.header('beat') === 0) return;
      ring.push(take(time));
      if (ring.length > TICKS + 1) ring.shift();
    },
    read(put, time) {
      // An agent that was stopped in its thread leaves its sums.
      if (map.header('beat') === 0 && map.header('loopActive') === 0 && activeSeen === 0) return;
      const reading = take(time);
      put(TIME, reading.active / 1e3, { 'nodejs.eventloop.state': 'active' });
      put(TIME, reading.idle / 1e3, { 'nodejs.eventloop.state': 'idle' });
      putStalls(put, map, stalledFor(map, time), stallThreshold);
      const since = ring[0] ?? { active: 0, idle: 0, delays: undefined };
      putUtilization(put, reading, since);
      if (reading.delays) putDelays(put, difference(reading.delays, since.delays));
    },
  };
  return probe;
};

function putStalls(put: Put, map: StoreReader, late: number, threshold: number): void {
  const stalled = late >= threshold ? late : 0;
  put(STALLS, map.header('stalls') + map.header('parkedStalls') + (stalled > 0 ? 1 : 0));
  put(STALLED, (map.header('stalledTime') + map.header('parkedStalledTime') + stalled) / 1e3);
  put(STALL_AGE, stalled / 1e3);
}

function putUtilization(put: Put, reading: Reading, since: Reading): void {
  const active = reading.active - since.active;
  const total = active + reading.idle - since.idle;
  if (total > 0) put(UTILIZATION, Math.min(1, Math.max(0, active / total)));
}

function putDelays(put: Put, cells: Float64Array): void {
  let count = 0;
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < cells.length; i++) {
    const value = cellValue(i);
    count += cells[i]!;
    sum += cells[i]! * value;
    squares += cells[i]! * value * value;
  }
  if (count === 0) return;
  const mean = sum / count;
  put(DELAY.min, cellValue(cells.findIndex((n) => n > 0)));
  put(DELAY.max, cellValue(cells.findLastIndex((n) => n > 0)));
  put(DELAY.mean, mean);
  put(DELAY.stddev, Math.sqrt(Math.max(0, squares / count - mean * mean)));
  put(DELAY.p50, quantile(cells, 0.5));
  put(DELAY.p90, quantile(cells, 0.9));
  put(DELAY.p99, quantile(cells, 0.99));
}

function difference(now: Float64Array, then: Float64Array | undefined): Float64Array {
  return then ? now.map((count, i) => count - then[i]!) : now;
}
