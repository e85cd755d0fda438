/** What the tables show: workers, routes, findings, requests in flight. Text of others is in the last column. Pure. */
import type { RouteRow, WorkerRow } from '../../dashboard/feed.ts';
import type { Finding } from '../../reporter/findings.ts';
import type { ListedRequest } from '../../reporter/request-list.ts';
import type { Look } from './line.ts';
import type { Column } from './table.ts';
import { amount, bytes, clock, cores, percent, time } from './units.ts';

/** From which share of what there is on it is a warning, and critical. */
const NEAR = 0.7;
const FULL = 0.9;

function byShare(share: number | null): Look {
  if (share === null || share < NEAR) return 'plain';
  return share < FULL ? 'warning' : 'critical';
}

function heapShare({ heapUsed, heapLimit }: WorkerRow): number | null {
  return heapUsed === null || !heapLimit ? null : heapUsed / heapLimit;
}

const STATES: Readonly<Record<WorkerRow['state'], Look>> = {
  running: 'good',
  stalled: 'critical',
  stopped: 'critical',
  missing: 'critical',
  ended: 'dim',
};

export const WORKERS: readonly Column<WorkerRow>[] = [
  { title: 'WORKER', width: 7, key: 'n', first: 'up', text: ({ worker }) => worker, value: ({ worker }) => worker },
  { title: 'PID', width: 7, align: 'right', text: ({ pid }) => (pid === null ? '-' : String(pid)) },
  { title: 'LOOP', width: 5, align: 'right', key: 'u', ...shareOf(({ utilization }: WorkerRow) => utilization) },
  { title: 'DELAY99', width: 7, align: 'right', key: 'p', ...timeOf(({ delay }: WorkerRow) => delay) },
  { title: 'CPU', width: 5, align: 'right', key: 'c', text: ({ cpu }) => cores(cpu), value: ({ cpu }) => cpu },
  { title: 'RSS', width: 6, align: 'right', key: 'm', text: ({ rss }) => bytes(rss), value: ({ rss }) => rss },
  { title: 'HEAP', width: 5, align: 'right', key: 'h', ...shareOf(heapShare) },
  { title: 'HEAP USED', width: 9, align: 'right', from: 110, text: ({ heapUsed }) => bytes(heapUsed) },
  { title: 'HEAP LIMIT', width: 10, align: 'right', from: 110, text: ({ heapLimit }) => bytes(heapLimit) },
  {
    title: 'BUSY',
    width: 5,
    align: 'right',
    key: 'f',
    text: ({ inFlight }) => amount(inFlight),
    value: ({ inFlight }) => inFlight,
  },
  { title: 'UP', width: 6, align: 'right', key: 't', ...timeOf(({ uptime }: WorkerRow) => uptime) },
  {
    title: 'SINCE',
    width: 8,
    from: 110,
    align: 'right',
    text: ({ since }) => (since === null ? '-' : clock(since)),
  },
  { title: 'STATE', width: 8, text: ({ state }) => state, look: ({ state }) => STATES[state] ?? 'plain' },
];

function shareOf<Row>(share: (row: Row) => number | null) {
  return {
    text: (row: Row) => percent(share(row)),
    look: (row: Row) => byShare(share(row)),
    value: share,
  };
}

function timeOf<Row>(seconds: (row: Row) => number | null) {
  return { text: (row: Row) => time(seconds(row)), value: seconds };
}

function failing(value: number): Look {
  return value > 0 ? 'critical' : 'plain';
}

export const ROUTES: readonly Column<RouteRow>[] = [
  { title: 'RATE/S', width: 6, align: 'right', key: 'r', text: ({ rate }) => amount(rate), value: ({ rate }) => rate },
  {
    title: 'SHARE',
    width: 5,
    align: 'right',
    key: 's',
    text: ({ share }) => percent(share),
    value: ({ share }) => share,
  },
  { title: 'P50', width: 6, align: 'right', key: 'm', ...timeOf(({ p50 }: RouteRow) => p50) },
  { title: 'P90', width: 6, align: 'right', from: 100, ...timeOf(({ p90 }: RouteRow) => p90) },
  { title: 'P99', width: 6, align: 'right', key: 'p', ...timeOf(({ p99 }: RouteRow) => p99) },
  {
    title: 'ERR/S',
    width: 5,
    align: 'right',
    key: 'e',
    text: ({ errors }) => amount(errors),
    look: ({ errors }) => failing(errors),
    value: ({ errors }) => errors,
  },
  {
    title: 'LEFT/S',
    width: 6,
    align: 'right',
    key: 'a',
    text: ({ aborted }) => amount(aborted),
    look: ({ aborted }) => (aborted > 0 ? 'warning' : 'plain'),
    value: ({ aborted }) => aborted,
  },
  { title: 'CPU/REQ', width: 7, align: 'right', key: 'c', ...timeOf(({ cpu }: RouteRow) => cpu) },
  { title: 'NATURE', width: 7, from: 120, text: ({ nature }) => nature ?? '-' },
  {
    title: 'REQUESTS',
    width: 8,
    align: 'right',
    from: 120,
    key: 't',
    text: ({ requests }) => amount(requests),
    value: ({ requests }) => requests,
  },
  { title: 'ROUTE', width: 20, key: 'n', first: 'up', text: routeName, value: routeName },
];

function routeName({ method, route }: RouteRow): string {
  return `${method} ${route ?? '(no route)'}`;
}

const SEVERITIES: Readonly<Record<Finding['severity'], Look>> = {
  info: 'dim',
  warning: 'warning',
  critical: 'critical',
};
const SEVERITY_ORDER: readonly Finding['severity'][] = ['info', 'warning', 'critical'];

/** `now`: epoch ms, of the answer. */
export function findingColumns(now: number): readonly Column<Finding>[] {
  const lasted = ({ since, until }: Finding) => Math.max(0, ((until ?? now) - since) / 1000);
  return [
    {
      title: 'SEVERITY',
      width: 8,
      key: 's',
      text: ({ severity }) => severity,
      look: ({ severity }) => SEVERITIES[severity] ?? 'plain',
      value: ({ severity }) => SEVERITY_ORDER.indexOf(severity),
    },
    { title: 'AT', width: 8, key: 't', text: ({ since }) => clock(since), value: ({ since }) => since },
    { title: 'FOR', width: 6, align: 'right', key: 'd', text: (row) => time(lasted(row)), value: lasted },
    { title: '', width: 4, text: ({ until }) => (until === null ? 'now' : 'over') },
    { title: 'WORKER', width: 6, key: 'n', first: 'up', text: ({ worker }) => worker, value: ({ worker }) => worker },
    { title: 'KIND', width: 15, from: 110, text: ({ kind }) => kind },
    { title: 'WHAT', width: 20, text: ({ title }) => title },
  ];
}

export const REQUESTS: readonly Column<ListedRequest>[] = [
  { title: 'AGE', width: 7, align: 'right', key: 't', ...timeOf(({ age }: ListedRequest) => age) },
  { title: 'WORKER', width: 6, key: 'n', first: 'up', text: ({ worker }) => worker, value: ({ worker }) => worker },
  { title: 'PHASE', width: 7, key: 'p', first: 'up', text: ({ phase }) => phase, value: ({ phase }) => phase },
  {
    title: 'REQUEST',
    width: 20,
    key: 'r',
    first: 'up',
    text: ({ method, path, route }) => `${method} ${path}${route === null ? '' : `  (${route})`}`,
    value: ({ path }) => path,
  },
];
