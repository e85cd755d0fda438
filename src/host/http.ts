/** What the map tells of requests in flight at this moment, also while the loop is blocked. */
import type { Metric } from '../snapshot/metric.ts';
import type { HostProbeFactory } from './host-probe.ts';

const BUSY: Metric = {
  name: 'loadline.http.busy.time',
  kind: 'counter',
  unit: 's',
  help: 'Integral of requests in flight: its rate is the mean number of requests in flight (Little’s law).',
};
const OLDEST: Metric = {
  name: 'loadline.http.oldest.age',
  kind: 'gauge',
  unit: 's',
  help: 'Age of the oldest request in flight; 0 when none is.',
};

export const httpInFlight: HostProbeFactory = (map) => ({
  name: 'http-in-flight',
  metrics: [BUSY, OLDEST],
  read(put, time) {
    // In a worker thread that only records, no request is seen.
    if (map.header('threadId') !== 0 && map.header('beat') === 0 && map.header('busyAt') === 0) return;
    put(BUSY, map.busySeconds(time));
    const start = map.oldestStart();
    put(OLDEST, Number.isFinite(start) ? Math.max(0, time - start) / 1e3 : 0);
  },
});
