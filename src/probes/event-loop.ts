/** Event-loop delay, stalls and libuv events. Loop time itself is written by the heartbeat. */
import { type PerformanceNodeTiming, performance } from 'node:perf_hooks';
import type { Metric } from '../snapshot/metric.ts';
import { HEADER } from '../store/layout.ts';
import { BUSY_INTERVAL } from './heartbeat.ts';
import type { Probe, ProbeContext } from './probe.ts';

/** ms: of a longer block only the last hour counts in the delay histogram. */
const LONGEST_BLOCK = 3_600_000;

const DELAY: Metric = {
  name: 'loadline.eventloop.delay',
  kind: 'histogram',
  unit: 's',
  help: 'How long work that became ready at an evenly spread moment waited for the event loop.',
  bounds: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
};
const EVENTS: Metric = {
  name: 'loadline.eventloop.events',
  kind: 'counter',
  unit: '{event}',
  help: 'Events that libuv handled (processed), and those that were ready already when the loop asked (waiting).',
};

/**
 * What work arriving evenly over the last pulse felt: during a block of 3 s it waited 3 s, 2.98 s, … 0.02 s, so the
 * block counts as 150 values, not as one (Gil Tene, "coordinated omission"). The on-time part of the pulse counts as
 * one value for each 20 ms.
 */
function recordDelay(record: (milliseconds: number) => void, delay: number, interval: number): void {
  let rest = Math.min(delay, LONGEST_BLOCK);
  for (; rest > BUSY_INTERVAL; rest -= BUSY_INTERVAL) record(rest);
  for (let part = 0; part < interval; part += BUSY_INTERVAL) record(rest);
}

export const eventLoop: Probe = {
  name: 'event-loop',
  metrics: [DELAY, EVENTS],
  start({ store, heartbeat, define, stallThreshold }: ProbeContext) {
    const delays = define(DELAY, true);
    const series = delays.series({});
    const record = (milliseconds: number) => delays.record(series, milliseconds / 1e3);
    const stopBeat = heartbeat.onBeat((_time, delay, interval) => {
      recordDelay(record, delay, interval);
      if (delay < stallThreshold) return;
      store.cells[HEADER.stalls]! += 1;
      store.cells[HEADER.stalledTime]! += delay;
    });
    const events = define(EVENTS);
    const processed = events.series({ state: 'processed' });
    const waiting = events.series({ state: 'waiting' });
    const stopSecond = heartbeat.everySecond(() => {
      const info = (performance.nodeTiming as UvTiming).uvMetricsInfo;
      store.cells[processed] = info.events;
      store.cells[waiting] = info.eventsWaiting;
    });
    return () => {
      stopBeat();
      stopSecond();
    };
  },
};

type UvTiming = PerformanceNodeTiming & { readonly uvMetricsInfo: { events: number; eventsWaiting: number } };
