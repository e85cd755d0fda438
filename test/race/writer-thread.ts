/** The writing thread of the race tests: hammers a map for `workerData.ms` and says what it wrote. */
import { parentPort, workerData } from 'node:worker_threads';
import type { Metric } from '../../src/snapshot/metric.ts';
import { StoreWriter } from '../../src/store/writer.ts';

const { ms } = workerData as { ms: number };
const SCOPE = { name: 'race' };
const COUNTER: Metric = { name: 'race.counter', kind: 'counter' };
const HISTOGRAM: Metric = { name: 'race.histogram', kind: 'histogram', unit: 's', bounds: [0.01, 0.1, 1] };
/** 255 → 256 and 65535 → 65536 are in reach: where a torn copy would show. */
const VALUES = [0, 0.005, 0.01, 0.5, 3, 2000];

const store = new StoreWriter({ seriesLimit: 400 });
const counter = store.metric(COUNTER, SCOPE);
const histogram = store.metric(HISTOGRAM, SCOPE, true);
parentPort!.postMessage({ buffer: store.buffer });

const end = performance.now() + ms;
let counted = 0;
let recorded = 0;
let sum = 0;
let metrics = 0;
for (let round = 0; performance.now() < end; round++) {
  const at = counter.series({ i: round % 500, text: 'x'.repeat(round % 200) });
  const series = histogram.series({ i: round % 100 });
  for (let i = 0; i < 2000; i++) {
    store.cells[at]! += 1;
    const value = VALUES[i % VALUES.length]!;
    histogram.record(series, value);
    sum += value;
  }
  counted += 2000;
  recorded += 2000;
  if (round % 50 === 0 && metrics < 500) {
    const late = store.metric({ name: `race.late.${metrics++}`, kind: 'counter' }, SCOPE);
    store.cells[late.series({ 'emoji \u{1f600}': 'é'.repeat(round % 300) })]! += 1;
  }
}
parentPort!.postMessage({ counted, recorded, sum, metrics });
