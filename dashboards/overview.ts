/** Is it healthy, and what is the limit? Where yellow and red begin is as on the agent's own page. */
import { THRESHOLDS } from '../src/dashboard/vitals.ts';
import type { Panel, Section } from './panel.ts';
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

/** Of a vital on the agent's own page, which says why they are so. */
function limits(vital: keyof typeof THRESHOLDS): readonly [warning: number, critical: number] {
  return [THRESHOLDS[vital].warning, THRESHOLDS[vital].critical];
}

export const DURATION = 'http_server_request_duration_seconds';
export const QUEUED = 'loadline_http_queue_duration_seconds';
const REQUESTS = `sum(${rate(series(`${DURATION}_count`))})`;
const REQUESTS_G = perSecond(`sumSeries(${tagged('http.server.request.duration.count')})`);
const STATUS = `label_replace(label_replace(${rate(series(`${DURATION}_count`))}, "class", "\${1}xx", "http_response_status_code", "(.).."), "class", "aborted", "error_type", "aborted")`;
/** What the rows are matched by, where two metrics of one process meet. */
const PROCESS = 'job, instance';

const vitals: readonly Panel[] = [
  {
    kind: 'stat',
    title: 'Event loop busy',
    help: 'The busiest worker, over a minute. Above 70 % requests begin to wait for each other, above 90 % they queue: add workers, or find what computes (Routes: CPU; `npx loadline top`).',
    unit: 'percentunit',
    width: 4,
    limits: limits('eventloop'),
    prometheus: [prometheus(`max(${ofWorkers('nodejs_eventloop_utilization_ratio')})`)],
    graphite: [graphite(`maxSeries(${taggedWorkers('nodejs.eventloop.utilization')})`, 'busiest worker')],
  },
  {
    kind: 'stat',
    title: 'CPU of its limit',
    help: 'CPU time of all threads against the quota of the container. Near 100 % the kernel holds threads back: raise the limit, or spread the load.',
    unit: 'percentunit',
    width: 4,
    limits: limits('cpu'),
    absent: 'no CPU limit',
    prometheus: [
      prometheus(
        `max(sum by (${PROCESS}) (${rate(series('process_cpu_time_seconds_total'))}) / max by (${PROCESS}) (${series('loadline_cpu_limit')}))`,
      ),
    ],
    graphite: [
      graphite(
        `divideSeries(sumSeries(${tagged('process.cpu.time.rate')}), maxSeries(${tagged('loadline.cpu.limit')}))`,
        'of the limit',
      ),
    ],
  },
  {
    kind: 'stat',
    title: 'Memory of its limit',
    help: 'The fullest of two: resident memory against the container (beyond it the kernel kills), and the live heap against what V8 lets it grow to (beyond it the process crashes). Above 80 %: see Memory.',
    unit: 'percentunit',
    width: 4,
    limits: limits('memory'),
    prometheus: [
      prometheus(
        `max(${ofWorkers('loadline_memory_live_heap_bytes')} / on (${PROCESS}, loadline_worker) ${ofWorkers('loadline_memory_limit_bytes', 'limit="heap"')})`,
        'live heap',
      ),
      prometheus(
        `max(sum by (${PROCESS}) (${series('process_memory_usage_bytes')}) / max by (${PROCESS}) (${series('loadline_memory_limit_bytes', 'limit="container"')}))`,
        'container',
      ),
    ],
    graphite: [
      graphite(
        `divideSeries(maxSeries(${taggedWorkers('loadline.memory.live_heap')}), minSeries(${taggedWorkers('loadline.memory.limit', 'limit=heap')}))`,
        'live heap',
      ),
      graphite(
        `divideSeries(sumSeries(${tagged('process.memory.usage')}), maxSeries(${tagged('loadline.memory.limit', 'limit=container')}))`,
        'container',
      ),
    ],
  },
  {
    kind: 'stat',
    title: 'Thread pool p99',
    help: 'What work waits for a thread of the pool that fs, dns.lookup, crypto and zlib share. Above 10 ms it is too small: raise UV_THREADPOOL_SIZE, or do less of that at once.',
    unit: 's',
    width: 4,
    limits: limits('threadpool'),
    prometheus: [prometheus(quantile(0.99, series('loadline_threadpool_delay_seconds_bucket')))],
    graphite: [graphite(`maxSeries(${tagged('loadline.threadpool.delay.p99')})`, 'p99')],
  },
  {
    kind: 'stat',
    title: 'Queue time p99',
    help: 'What requests waited between the front end and the first line of your code. Above 50 ms it is more than a healthy front end adds, above half a second users feel it: too few workers, or a blocked loop.',
    unit: 's',
    width: 4,
    limits: limits('queue'),
    absent: 'no X-Request-Start header',
    prometheus: [prometheus(quantile(0.99, series(`${QUEUED}_bucket`)))],
    graphite: [graphite(`maxSeries(${tagged('loadline.http.queue.duration.p99')})`, 'p99')],
  },
  {
    kind: 'stat',
    title: 'Backlog',
    help: 'How full the fullest listen queue is. At 100 % the kernel drops connections: the app does not accept, since its loop is blocked or it has too few workers.',
    unit: 'percentunit',
    width: 4,
    limits: limits('backlog'),
    absent: 'nothing listens',
    prometheus: [
      prometheus(
        `max(max by (${PROCESS}, server_port) (${series('loadline_listen_queue')}) / max by (${PROCESS}, server_port) (${series('loadline_listen_limit')}))`,
      ),
    ],
    graphite: [
      graphite(
        `divideSeries(maxSeries(${tagged('loadline.listen.queue')}), minSeries(${tagged('loadline.listen.limit')}))`,
        'of the limit',
      ),
    ],
  },
];

const traffic: readonly Panel[] = [
  {
    kind: 'stat',
    title: 'Requests',
    help: 'Requests that ended, per second, aborted ones included.',
    unit: 'reqps',
    width: 4,
    prometheus: [prometheus(REQUESTS)],
    graphite: [graphite(REQUESTS_G, 'requests')],
  },
  {
    kind: 'stat',
    title: 'Failed',
    help: 'Share of requests that were answered with status 500 and up. Routes says which.',
    unit: 'percentunit',
    width: 4,
    limits: [0.01, 0.05],
    prometheus: [
      prometheus(
        `(sum(${rate(series(`${DURATION}_count`, 'http_response_status_code=~"5.."'))}) or vector(0)) / ${REQUESTS}`,
      ),
    ],
    graphite: [
      graphite(
        `divideSeries(sumSeries(${tagged('http.server.request.duration.count', 'http.response.status_code=~^5')}), sumSeries(${tagged('http.server.request.duration.count')}))`,
        'failed',
      ),
    ],
  },
  {
    kind: 'stat',
    title: 'Duration p99',
    help: 'One request in a hundred takes longer, from its head to its last byte, without its queue time.',
    unit: 's',
    width: 4,
    limits: [1, 5],
    prometheus: [prometheus(quantile(0.99, series(`${DURATION}_bucket`)))],
    graphite: [graphite(`maxSeries(${tagged('http.server.request.duration.p99')})`, 'slowest route')],
  },
  {
    kind: 'stat',
    title: 'Oldest in flight',
    help: 'Age of the oldest request that is not answered. If it grows, one request is stuck or the app hangs: `/requests` lists them, also during a hang.',
    unit: 's',
    width: 4,
    limits: [10, 60],
    prometheus: [prometheus(`max(${ofWorkers('loadline_http_oldest_age_seconds')})`)],
    graphite: [graphite(`maxSeries(${taggedWorkers('loadline.http.oldest.age')})`, 'oldest')],
  },
  {
    kind: 'stat',
    title: 'Stalls in this time',
    help: 'How often an event loop was blocked for over half a second. `/findings` names the function that did it.',
    unit: 'short',
    width: 4,
    limits: [1, 10],
    prometheus: [prometheus(`sum(increase(${series('loadline_eventloop_stalls_total')}[$__range]))`)],
    graphite: [graphite(`integral(sumSeries(${tagged('loadline.eventloop.stalls.count')}))`, 'stalls')],
  },
  {
    kind: 'stat',
    title: 'Processes missing',
    help: 'Processes of the service on one host that ended without goodbye, or are silent. `/findings` has their pids.',
    unit: 'short',
    width: 4,
    limits: [1, 2],
    absent: 'one process',
    prometheus: [prometheus(`sum(${series('loadline_group_processes', 'state=~"stale|dead"')})`)],
    graphite: [graphite(`sumSeries(${tagged('loadline.group.processes', 'state=~^(stale|dead)$')})`, 'missing')],
  },
];

const charts: readonly Panel[] = [
  {
    kind: 'lines',
    title: 'Requests by status',
    help: 'Per second. `aborted`: the client left before the answer was out, and there is no status.',
    unit: 'reqps',
    width: 12,
    isStacked: true,
    prometheus: [prometheus(`sum by (class) (${STATUS})`, '{{class}}')],
    graphite: [
      byTags(
        perSecond(tagged('http.server.request.duration.count', 'http.response.status_code=~^.')),
        'sum',
        'http.response.status_code',
      ),
      graphite(`sumSeries(${tagged('loadline.http.aborted.rate')})`, 'aborted'),
    ],
  },
  {
    kind: 'lines',
    title: 'Duration',
    help: 'From the request’s head to the last byte of the answer. If p50 rises with p99, everything is slower: look at the event loop and what the app waits for. If only p99 rises, look for one route.',
    unit: 's',
    width: 12,
    prometheus: [0.5, 0.9, 0.99].map((share) =>
      prometheus(quantile(share, series(`${DURATION}_bucket`)), `p${share * 100}`),
    ),
    graphite: [
      graphite(
        `divideSeries(sumSeries(${tagged('loadline.http.busy.time.rate')}), ${REQUESTS_G})`,
        'mean (in flight / rate)',
      ),
      ...['p50', 'p90', 'p99'].map((name) =>
        graphite(`maxSeries(${tagged(`http.server.request.duration.${name}`)})`, `${name} of the slowest route`),
      ),
    ],
  },
  {
    kind: 'lines',
    title: 'Queue time',
    help: 'Between the front end and your code. It grows when the workers have no time: compare with the event loop below. Nothing here: let the front end send X-Request-Start.',
    unit: 's',
    width: 12,
    limits: limits('queue'),
    prometheus: [0.5, 0.99].map((share) => prometheus(quantile(share, series(`${QUEUED}_bucket`)), `p${share * 100}`)),
    graphite: ['p50', 'p99'].map((name) =>
      graphite(`maxSeries(${tagged(`loadline.http.queue.duration.${name}`)})`, name),
    ),
  },
  {
    kind: 'lines',
    title: 'Where time goes',
    help: 'Means per request that stack: waiting for the app, receiving the body, handling, sending. Much `receive` or `send`: slow clients, which a front end should buffer. Much `queue`: too few workers.',
    unit: 's',
    width: 12,
    isStacked: true,
    prometheus: [
      prometheus(`sum(${rate(series(`${QUEUED}_sum`))}) / ${REQUESTS}`, 'queue'),
      prometheus(
        `sum by (phase) (${rate(series('loadline_http_phase_duration_seconds_sum'))}) / ignoring (phase) group_left ${REQUESTS}`,
        '{{phase}}',
      ),
    ],
    graphite: [byTags(tagged('loadline.http.phase.duration.p99'), 'max', 'phase')],
  },
  {
    kind: 'lines',
    title: 'Event loop',
    help: 'How busy each worker is. At 100 % it can do no more: more workers, or less work in JavaScript.',
    unit: 'percentunit',
    width: 12,
    limits: limits('eventloop'),
    prometheus: [prometheus(ofWorkers('nodejs_eventloop_utilization_ratio'), '{{instance}} {{loadline_worker}}')],
    graphite: [byTags(taggedWorkers('nodejs.eventloop.utilization'), 'max', 'host', 'loadline.worker')],
  },
  {
    kind: 'lines',
    title: 'In flight',
    help: 'Mean number of requests at once. By Little’s law it is rate × mean duration: if it grows at the same rate of requests, something got slower.',
    unit: 'short',
    width: 12,
    prometheus: [
      prometheus(`sum(${rate(series('loadline_http_busy_time_seconds_total'))})`, 'mean in flight'),
      prometheus(`sum(${series('http_server_active_requests')})`, 'at this moment, event streams included'),
    ],
    graphite: [
      graphite(`sumSeries(${tagged('loadline.http.busy.time.rate')})`, 'mean in flight'),
      graphite(`sumSeries(${tagged('http.server.active_requests')})`, 'at this moment'),
    ],
  },
];

export const overview: Section = {
  title: 'Overview',
  isFolded: false,
  panels: [...vitals, ...traffic, ...charts],
};
