/** What holds memory, what is the limit, what does collecting garbage cost? */
import type { Section } from './panel.ts';
import {
  byTags,
  graphite,
  ofWorkers,
  perSecond,
  prometheus,
  quantile,
  rate,
  series,
  tagged,
  taggedWorkers,
} from './queries.ts';

const WORKER = '{{instance}} {{loadline_worker}}';
const GC = 'v8js_gc_duration_seconds';

export const memory: Section = {
  title: 'Memory',
  isFolded: true,
  panels: [
    {
      kind: 'lines',
      title: 'Resident memory against the container',
      help: 'Summed over processes. PSS counts shared pages once: what one more worker really costs. At the container’s limit the kernel kills a process without a word: raise it, or run fewer workers.',
      unit: 'bytes',
      width: 12,
      prometheus: [
        prometheus(`sum by (instance) (${series('process_memory_usage_bytes')})`, '{{instance}} resident'),
        prometheus(`sum by (instance) (${series('loadline_memory_pss_bytes')})`, '{{instance}} PSS'),
        prometheus(
          `max by (instance) (${series('loadline_memory_limit_bytes', 'limit="container"')})`,
          '{{instance}} limit',
        ),
      ],
      graphite: [
        byTags(tagged('process.memory.usage'), 'sum', 'host', 'name'),
        byTags(tagged('loadline.memory.pss'), 'sum', 'host', 'name'),
        byTags(tagged('loadline.memory.limit', 'limit=container'), 'max', 'host', 'limit'),
      ],
    },
    {
      kind: 'lines',
      title: 'Live heap against its limit',
      help: 'What is left after a major collection: what the app really holds. A line that only rises over hours is a leak: compare two heap snapshots. Near the limit the process collects all the time, then crashes.',
      unit: 'percentunit',
      width: 12,
      limits: [0.8, 0.9],
      prometheus: [
        prometheus(
          `${ofWorkers('loadline_memory_live_heap_bytes')} / on (job, instance, loadline_worker) ${ofWorkers('loadline_memory_limit_bytes', 'limit="heap"')}`,
          WORKER,
        ),
      ],
      graphite: [
        graphite(
          `divideSeries(maxSeries(${taggedWorkers('loadline.memory.live_heap')}), minSeries(${taggedWorkers('loadline.memory.limit', 'limit=heap')}))`,
          'fullest worker',
        ),
      ],
    },
    {
      kind: 'lines',
      title: 'Live heap',
      help: 'The same in bytes, by worker. Absent until the first major collection.',
      unit: 'bytes',
      width: 8,
      prometheus: [prometheus(ofWorkers('loadline_memory_live_heap_bytes'), WORKER)],
      graphite: [byTags(taggedWorkers('loadline.memory.live_heap'), 'max', 'host', 'loadline.worker')],
    },
    {
      kind: 'lines',
      title: 'Heap in use by space',
      help: 'Garbage that is not collected yet included. `large_object_space`: long arrays and texts. `code_space`: compiled code.',
      unit: 'bytes',
      width: 8,
      isStacked: true,
      prometheus: [
        prometheus(
          `sum by (v8js_heap_space_name) (${series('v8js_memory_heap_used_bytes')}) > 0`,
          '{{v8js_heap_space_name}}',
        ),
      ],
      graphite: [byTags(tagged('v8js.memory.heap.used'), 'sum', 'v8js.heap.space.name')],
    },
    {
      kind: 'lines',
      title: 'Outside the heap',
      help: 'Buffers and what native code holds for objects of the heap. Rises while the heap does not: buffers are kept, for example of responses that clients do not take.',
      unit: 'bytes',
      width: 8,
      prometheus: [
        prometheus(`sum(${ofWorkers('loadline_memory_external_bytes')})`, 'external'),
        prometheus(`sum(${ofWorkers('loadline_memory_arraybuffers_bytes')})`, 'array buffers'),
      ],
      graphite: [
        graphite(`sumSeries(${taggedWorkers('loadline.memory.external')})`, 'external'),
        graphite(`sumSeries(${taggedWorkers('loadline.memory.arraybuffers')})`, 'array buffers'),
      ],
    },
    {
      kind: 'lines',
      title: 'Time in garbage collection',
      help: 'Share of one thread’s time. Above 10 %: the heap is nearly full (see above), or too much is made and thrown away.',
      unit: 'percentunit',
      width: 8,
      isStacked: true,
      limits: [0.1, 0.3],
      prometheus: [prometheus(`sum by (v8js_gc_type) (${rate(series(`${GC}_sum`))})`, '{{v8js_gc_type}}')],
    },
    {
      kind: 'lines',
      title: 'Collections',
      help: 'Per second, by type. Many `major` ones: the heap is nearly full.',
      unit: 'ops',
      width: 8,
      prometheus: [prometheus(`sum by (v8js_gc_type) (${rate(series(`${GC}_count`))})`, '{{v8js_gc_type}}')],
      graphite: [byTags(perSecond(tagged('v8js.gc.duration.count')), 'sum', 'v8js.gc.type')],
    },
    {
      kind: 'lines',
      title: 'Collection p99 and kills',
      help: 'How long one collection in a hundred takes, and processes that the kernel killed for want of memory. A kill: the container’s limit is too small for what runs in it.',
      unit: 's',
      width: 8,
      limits: [0.1, 1],
      prometheus: [
        prometheus(quantile(0.99, series(`${GC}_bucket`)), 'p99'),
        prometheus(`sum(increase(${series('loadline_memory_oom_kills_total')}[$__rate_interval]))`, 'killed'),
      ],
      graphite: [
        graphite(`maxSeries(${tagged('v8js.gc.duration.p99')})`, 'p99'),
        graphite(`sumSeries(${tagged('loadline.memory.oom_kills.count')})`, 'killed'),
      ],
    },
  ],
};
