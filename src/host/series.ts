/** How full the map is. */
import type { Metric } from '../snapshot/metric.ts';
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

export const series: HostProbeFactory = (map, { seriesLimit }) => ({
  name: 'series',
  metrics: [USED, LIMIT, OVERFLOWED],
  read(put) {
    put(USED, map.header('seriesUsed'));
    put(LIMIT, seriesLimit);
    put(OVERFLOWED, map.header('overflowed'));
  },
});
