/** Garbage collections: how long each kind held the thread, and the heap that survived a major one. */
import { constants, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import type { Metric } from '../snapshot/metric.ts';
import type { Probe, ProbeContext } from './probe.ts';

const DURATION: Metric = {
  name: 'v8js.gc.duration',
  kind: 'histogram',
  unit: 's',
  help: 'Garbage collection duration by kind.',
  bounds: [0.01, 0.1, 1, 10],
};
const LIVE_HEAP: Metric = {
  name: 'loadline.memory.live_heap',
  kind: 'gauge',
  unit: 'By',
  help: 'Heap in use right after the last major garbage collection: what the app really holds.',
};

/** `perf_hooks` kinds by the names of the OpenTelemetry V8 conventions. Minor collections have two kinds. */
const KINDS = new Map<number, string>([
  [constants.NODE_PERFORMANCE_GC_MINOR, 'minor'],
  [2, 'minor'],
  [constants.NODE_PERFORMANCE_GC_MAJOR, 'major'],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, 'incremental'],
  [constants.NODE_PERFORMANCE_GC_WEAKCB, 'weakcb'],
]);

export const gc: Probe = {
  name: 'gc',
  metrics: [DURATION, LIVE_HEAP],
  start({ store, define }: ProbeContext) {
    const durations = define(DURATION);
    const series = new Map(
      [...new Set(KINDS.values())].map((type) => [type, durations.series({ 'v8js.gc.type': type })]),
    );
    const liveHeap = define(LIVE_HEAP).series({});
    const observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        const type = KINDS.get((entry as GcEntry).detail.kind);
        if (type === undefined) continue;
        durations.record(series.get(type)!, entry.duration / 1e3);
        if (type === 'major') store.cells[liveHeap] = getHeapStatistics().used_heap_size;
      }
    });
    observer.observe({ entryTypes: ['gc'] });
    return () => observer.disconnect();
  },
};

type GcEntry = PerformanceEntry & { readonly detail: { readonly kind: number } };
