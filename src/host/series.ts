/** How full the map is. */
import { describe } from '../errors.ts';
import type { Metric } from '../snapshot/metric.ts';
import { MAP_BYTES } from '../store/layout.ts';
import type { HostProbeFactory } from './host-probe.ts';

const USED: Metric = { name: 'loadline.series.used', kind: 'updown', unit: '{series}', help: 'Series in the map.' };
const LIMIT: Metric = {
  name: 'loadline.series.limit',
  kind: 'gauge',
  unit: '{series}',
  help: 'Series that one metric may have before the rest goes to its overflow series.',
};
const OVERFLOWED: Metric = {
  name: 'loadline.series.overflowed',
  kind: 'counter',
  unit: '{series}',
  help: 'How often a series was asked for that had no room, and its value went to the overflow series.',
};

export const series: HostProbeFactory = (map, { seriesLimit, warn }) => ({
  name: 'series',
  metrics: [USED, LIMIT, OVERFLOWED],
  read(put) {
    put(USED, map.header('seriesUsed'));
    // One limit for all threads: the main thread's map tells it.
    if (map.header('threadId') === 0) put(LIMIT, seriesLimit);
    put(OVERFLOWED, map.header('overflowed'));
  },
  tick() {
    if (map.header('seriesRefused') > 0) warn('full', describe('ERR_LOADLINE_STORE_FULL', { bytes: MAP_BYTES }));
    if (map.header('overflowed') === 0) return;
    for (const metric of map.overflowing()) {
      warn(`overflow:${metric}`, describe('ERR_LOADLINE_SERIES_OVERFLOW', { metric, limit: seriesLimit }));
    }
  },
});
