/** How many workers are there, what do they wait for, and how much more could they take? */
import type { Panel, Section } from './panel.ts';
import { byTags, graphite, ofWorkers, prometheus, quantile, rate, series, tagged, taggedWorkers } from './queries.ts';

const WORKER = '{{instance}} {{loadline_worker}}';
const WORKER_TAGS = ['host', 'loadline.worker'] as const;

const loops: readonly Panel[] = [
  {
    kind: 'lines',
    title: 'Processes',
    help: 'Of the service on each host. `stale`: silent, so it is stopped as a whole. `dead`: ended without goodbye in the last ten minutes. The service manager’s log says why.',
    unit: 'short',
    width: 8,
    prometheus: [prometheus(`sum by (state) (${series('loadline_group_processes')})`, '{{state}}')],
    graphite: [byTags(tagged('loadline.group.processes'), 'sum', 'state')],
  },
  {
    kind: 'lines',
    title: 'Event loop delay p99',
    help: 'What work that is ready waits for the loop, over a minute. Above 50 ms every request is later by that much: `/findings` has stalls; shorter blocks show in a CPU profile.',
    unit: 's',
    width: 8,
    limits: [0.05, 0.5],
    prometheus: [prometheus(ofWorkers('nodejs_eventloop_delay_p99_seconds'), WORKER)],
    graphite: [byTags(taggedWorkers('nodejs.eventloop.delay.p99'), 'max', ...WORKER_TAGS)],
  },
  {
    kind: 'lines',
    title: 'Stalls',
    help: 'The share of the time for which loops stood still for over half a second at once, and how long the present stall lasts. `/findings` names the function.',
    unit: 's',
    width: 8,
    limits: [0.5, 5],
    prometheus: [
      prometheus(`sum(${rate(series('loadline_eventloop_stalled_time_seconds_total'))})`, 'stalled, of each second'),
      prometheus(`max(${ofWorkers('loadline_eventloop_stall_age_seconds')})`, 'present stall'),
    ],
    graphite: [
      graphite(`sumSeries(${tagged('loadline.eventloop.stalled.time.rate')})`, 'stalled, of each second'),
      graphite(`maxSeries(${taggedWorkers('loadline.eventloop.stall.age')})`, 'present stall'),
    ],
  },
  {
    kind: 'lines',
    title: 'Loop time of all workers',
    help: 'Workers’ worth of work: how many event loops are busy, and how many there are. The gap is the headroom of JavaScript. Less than one worker of gap: the loss of one worker overloads the others.',
    unit: 'short',
    width: 8,
    prometheus: [
      prometheus(
        `sum(${rate(series('nodejs_eventloop_time_seconds_total', 'nodejs_eventloop_state="active"'))})`,
        'busy',
      ),
      prometheus(`sum(${rate(series('nodejs_eventloop_time_seconds_total'))})`, 'there are'),
    ],
    graphite: [
      graphite(`sumSeries(${tagged('nodejs.eventloop.time.rate', 'nodejs.eventloop.state=active')})`, 'busy'),
      graphite(`sumSeries(${tagged('nodejs.eventloop.time.rate')})`, 'there are'),
    ],
  },
  {
    kind: 'lines',
    title: 'Events that waited',
    help: 'Share of libuv’s events that were ready before the loop asked for them. Near 100 % the loop has always something to catch up with.',
    unit: 'percentunit',
    width: 8,
    prometheus: [
      prometheus(
        `sum(${rate(series('loadline_eventloop_events_total', 'state="waiting"'))}) / sum(${rate(series('loadline_eventloop_events_total', 'state="processed"'))})`,
        'waited',
      ),
    ],
    graphite: [
      graphite(
        `divideSeries(sumSeries(${tagged('loadline.eventloop.events.rate', 'state=waiting')}), sumSeries(${tagged('loadline.eventloop.events.rate', 'state=processed')}))`,
        'waited',
      ),
    ],
  },
  {
    kind: 'lines',
    title: 'Thread pool',
    help: 'What work waits for one of the pool’s threads (fs, dns.lookup, crypto, zlib). A present wait above a second: the pool is stuck, for example on a dead network file system.',
    unit: 's',
    width: 8,
    limits: [0.05, 0.25],
    prometheus: [
      ...[0.5, 0.99].map((share) =>
        prometheus(quantile(share, series('loadline_threadpool_delay_seconds_bucket')), `p${share * 100}`),
      ),
      prometheus(`max(${ofWorkers('loadline_threadpool_age_seconds')})`, 'present wait'),
    ],
    graphite: [
      graphite(`maxSeries(${tagged('loadline.threadpool.delay.p50')})`, 'p50'),
      graphite(`maxSeries(${tagged('loadline.threadpool.delay.p99')})`, 'p99'),
      graphite(`maxSeries(${taggedWorkers('loadline.threadpool.age')})`, 'present wait'),
    ],
  },
];

const backlog: readonly Panel[] = [
  {
    kind: 'lines',
    title: 'Listen queue',
    help: 'Connections that wait to be accepted, and how many may. Near the limit: the loop is blocked or there are too few workers; a larger `backlog` only hides it.',
    unit: 'short',
    width: 8,
    prometheus: [
      prometheus(
        `max by (instance, server_port) (${series('loadline_listen_queue', 'server_port!=""')})`,
        '{{instance}} port {{server_port}}',
      ),
      prometheus(
        `max by (instance, server_port) (${series('loadline_listen_limit', 'server_port!=""')})`,
        'limit of {{instance}} port {{server_port}}',
      ),
    ],
    graphite: [
      byTags(tagged('loadline.listen.queue', 'server.port=~^.'), 'max', 'host', 'server.port'),
      graphite(`minSeries(${tagged('loadline.listen.limit')})`, 'smallest limit'),
    ],
  },
  {
    kind: 'lines',
    title: 'Sockets with work',
    help: '`unread`: requests that wait on connections that exist (behind a front end with keep-alive the queue is here). `unsent`: answers that clients have not taken: slow clients.',
    unit: 'short',
    width: 8,
    prometheus: [
      prometheus(`sum(${series('loadline_sockets_unread')})`, 'unread'),
      prometheus(`sum(${series('loadline_sockets_unsent')})`, 'unsent'),
    ],
    graphite: [
      graphite(`sumSeries(${tagged('loadline.sockets.unread')})`, 'unread'),
      graphite(`sumSeries(${tagged('loadline.sockets.unsent')})`, 'unsent'),
    ],
  },
  {
    kind: 'lines',
    title: 'Connections lost',
    help: 'Per second, of all processes in the network namespace: met a full listen queue (overflows), were dropped for any reason. Users wait for seconds then. Anything above 0 is too much.',
    unit: 'ops',
    width: 8,
    limits: [0.01, 1],
    prometheus: [
      prometheus(`sum(${rate(series('loadline_listen_overflows_total'))})`, 'overflows'),
      prometheus(`sum(${rate(series('loadline_listen_drops_total'))})`, 'drops'),
    ],
    graphite: [
      graphite(`sumSeries(${tagged('loadline.listen.overflows.rate')})`, 'overflows'),
      graphite(`sumSeries(${tagged('loadline.listen.drops.rate')})`, 'drops'),
    ],
  },
];

const cpu: readonly Panel[] = [
  {
    kind: 'lines',
    title: 'CPU against its limit',
    help: 'Cores in use, and what the container may use (nothing: no quota). A Node process uses one core for JavaScript and more for the pool, garbage collection and worker threads.',
    unit: 'short',
    width: 8,
    prometheus: [
      prometheus(`sum by (cpu_mode) (${rate(series('process_cpu_time_seconds_total'))})`, '{{cpu_mode}}'),
      prometheus(`sum(max by (instance) (${series('loadline_cpu_limit')}))`, 'limit'),
    ],
    graphite: [
      byTags(tagged('process.cpu.time.rate'), 'sum', 'cpu.mode'),
      graphite(`maxSeries(${tagged('loadline.cpu.limit')})`, 'limit'),
    ],
  },
  {
    kind: 'lines',
    title: 'CPU by thread',
    help: 'Cores by kind of thread. `main`: JavaScript. `v8`: compiling and collecting garbage. `pool`: crypto, zlib, fs. `reporter`: the agent’s own. Node 22 and older name few threads: the rest is `other`.',
    unit: 'short',
    width: 8,
    isStacked: true,
    prometheus: [
      prometheus(`sum by (thread) (${rate(series('loadline_thread_cpu_time_seconds_total'))})`, '{{thread}}'),
    ],
    graphite: [byTags(tagged('loadline.thread.cpu.time.rate'), 'sum', 'thread')],
  },
  {
    kind: 'lines',
    title: 'Waiting for a CPU',
    help: 'Time that threads could have run and got no CPU, per second, and the share of the quota’s periods in which the container was held back. `main` above 0.1: other processes or the limit are in the way, not your code.',
    unit: 'short',
    width: 8,
    limits: [0.1, 0.5],
    prometheus: [
      prometheus(`sum by (thread) (${rate(series('loadline_thread_wait_time_seconds_total'))})`, '{{thread}}'),
      prometheus(
        `sum(${rate(series('loadline_cpu_throttled_periods_total'))}) / sum(${rate(series('loadline_cpu_periods_total'))})`,
        'periods held back',
      ),
    ],
    graphite: [
      byTags(tagged('loadline.thread.wait.time.rate'), 'sum', 'thread'),
      graphite(
        `divideSeries(sumSeries(${tagged('loadline.cpu.throttled.periods.count')}), sumSeries(${tagged('loadline.cpu.periods.count')}))`,
        'periods held back',
      ),
    ],
  },
  {
    kind: 'lines',
    title: 'Start-up',
    help: 'From process start to the first response, in phases that add up, the slowest worker. `load` is the app’s own modules: the usual place to save.',
    unit: 's',
    width: 12,
    isStacked: true,
    prometheus: [prometheus(`max by (phase) (${ofWorkers('loadline_startup_time_seconds')})`, '{{phase}}')],
    graphite: [byTags(taggedWorkers('loadline.startup.time'), 'max', 'phase')],
  },
  {
    kind: 'lines',
    title: 'Uptime',
    help: 'Of each process. A saw’s teeth: it restarts again and again.',
    unit: 's',
    width: 12,
    prometheus: [prometheus(ofWorkers('process_uptime_seconds'), WORKER)],
    graphite: [byTags(taggedWorkers('process.uptime'), 'max', ...WORKER_TAGS)],
  },
];

export const workers: Section = {
  title: 'Workers and capacity',
  isFolded: true,
  panels: [...loops, ...backlog, ...cpu],
};
