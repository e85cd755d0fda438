/**
 * How long work waits for a thread of libuv's pool, which `fs`, `dns.lookup`, `crypto` and `zlib` share in the whole
 * process: once a second the reporter thread sends a no-op through it.
 */
import { access } from 'node:fs';
import { now, timers } from '../clock.ts';
import { DURATION_BOUNDS, type Metric } from '../snapshot/metric.ts';
import { HostHistogram } from './histogram.ts';
import type { HostProbe } from './host-probe.ts';

const DELAY: Metric = {
  name: 'loadline.threadpool.delay',
  kind: 'histogram',
  unit: 's',
  bounds: [0.0005, 0.001, 0.0025, ...DURATION_BOUNDS],
  help: 'Time a no-op took through the thread pool, the way back to its thread included.',
};
const AGE: Metric = {
  name: 'loadline.threadpool.age',
  kind: 'gauge',
  unit: 's',
  help: 'How long the no-op that is under way has waited for the thread pool; 0 when it is younger than a second.',
};

/** ms between two no-ops. */
const EVERY = 1000;
/** No-ops that one stuck pool counts for, at most. */
const MOST_MISSED = 3600;

/** Sends something cheap through the pool; calls back with what kept it from getting there. */
export type NoOp = (done: (error: Error | null) => void) => void;

/** Looks up the root folder: one system call that reads no disk. Never `stat`, which io_uring may take from the pool. */
export const lookUp: NoOp = (done) => {
  try {
    access('/', done);
  } catch (error) {
    // The permission model says no at once.
    done(error as Error);
  }
};

export interface ThreadPoolOptions {
  readonly bounds?: readonly number[] | undefined;
  readonly noOp?: NoOp;
}

/** Has a timer of its own, which keeps nothing alive. One no-op is under way at most. */
export function threadPool({ bounds, noOp = lookUp }: ThreadPoolOptions = {}): HostProbe {
  const metric = bounds ? { ...DELAY, bounds } : DELAY;
  const histogram = new HostHistogram(metric.bounds!);
  /** When the no-op that is under way was sent; 0 = none is. */
  let sent = 0;
  let failure: Error | undefined;

  const send = () => {
    if (sent > 0) return;
    sent = now();
    noOp((error) => {
      const took = now() - sent;
      sent = 0;
      failure = error ?? undefined;
      if (!error) recordDelay(histogram, took);
    });
  };
  timers.setInterval(send, EVERY).unref();

  return {
    name: 'thread-pool',
    metrics: [DELAY, AGE],
    read(put, time) {
      if (failure) throw failure;
      put(metric, histogram.value());
      const age = sent > 0 ? time - sent : 0;
      put(AGE, age < EVERY ? 0 : age / 1e3);
    },
  };
}

/** No-ops that were due while one waited would have waited, too, each a second less: a stuck pool is no single value. */
function recordDelay(histogram: HostHistogram, took: number): void {
  for (let delay = took, missed = 0; delay > 0 && missed < MOST_MISSED; delay -= EVERY, missed++) {
    histogram.record(delay / 1e3);
  }
}
