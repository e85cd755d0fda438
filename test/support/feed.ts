/** A small agent: the JSON that the page and `loadline top` read, with values of one's own. */
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Now, RouteRow, Vital, WorkerRow } from '../../src/dashboard/feed.ts';
import type { Finding } from '../../src/reporter/findings.ts';
import type { RequestList } from '../../src/reporter/request-list.ts';
import type { Owner } from './child.ts';

/** 10:29:35 in UTC. */
export const TIME = Date.UTC(2026, 10, 21, 10, 29, 35);

export function workerRow(given: Partial<WorkerRow> = {}): WorkerRow {
  return {
    worker: 'main',
    pid: 4711,
    threadOf: null,
    state: 'running',
    since: TIME - 3_600_000,
    utilization: 0.42,
    delay: 0.012,
    cpu: 0.5,
    rss: 123e6,
    heapUsed: 50e6,
    heapLimit: 100e6,
    inFlight: 3,
    uptime: 3600,
    ...given,
  };
}

export function routeRow(given: Partial<RouteRow> = {}): RouteRow {
  return {
    id: 'r1',
    method: 'GET',
    route: '/items/:id',
    requests: 1200,
    rate: 20,
    share: 0.5,
    p50: 0.012,
    p90: 0.08,
    p99: 0.4,
    errors: 0,
    aborted: 0,
    cpu: 0.002,
    nature: 'waiting',
    ...given,
  };
}

export function finding(given: Partial<Finding> = {}): Finding {
  return {
    id: 1,
    kind: 'stall',
    since: TIME - 5000,
    until: TIME - 3000,
    worker: 'main',
    severity: 'warning',
    title: 'event loop blocked for 2.0 s in buildRevisionGraph (graph.js:36:9)',
    evidence: {},
    ...given,
  };
}

const VITALS: readonly Vital[] = [
  {
    id: 'eventloop',
    label: 'Event loop',
    state: 'good',
    text: '42 % busy',
    used: 0.42,
    track: 'eventloop/utilization',
  },
  {
    id: 'cpu',
    label: 'CPU',
    state: 'critical',
    text: '0.98 of 1 cores, held back in 30 % of the time',
    used: 0.98,
    track: 'cpu/main',
  },
  { id: 'memory', label: 'Memory', state: 'warning', text: '410 MB of 512 MB', used: 0.8, track: 'memory/rss' },
  {
    id: 'threadpool',
    label: 'Thread pool',
    state: 'good',
    text: '8 ms to get a thread',
    used: null,
    track: 'threadpool/p99',
  },
  {
    id: 'queue',
    label: 'Queue time',
    state: 'unknown',
    text: 'no request with X-Request-Start',
    used: null,
    track: 'queue/p99',
  },
  { id: 'backlog', label: 'Backlog', state: 'good', text: '0 of 511 connections', used: 0, track: 'backlog/queue' },
];

export function now(given: Partial<Now> = {}): Now {
  return {
    time: TIME,
    service: 'shop',
    version: '0.1.0',
    node: 'v20.20.2',
    host: 'web1',
    pid: 4711,
    uptime: 3600,
    verdict: { state: 'critical', text: 'At the limit. CPU: 0.98 of 1 cores.' },
    vitals: VITALS,
    traffic: { rate: 40, errors: 0.5, inFlight: 3, p50: 0.012, p99: 0.4, queueP99: null },
    workers: [workerRow()],
    routes: [routeRow(), routeRow({ id: 'r2', method: 'POST', route: '/orders', rate: 5, p99: 1.2, errors: 0.5 })],
    routesLeftOut: 0,
    openFindings: 0,
    ...given,
  };
}

/** What the server says; may be changed at any time. */
export interface Answers {
  now: unknown;
  findings: readonly Finding[];
  requests: RequestList;
  /** Answers in place of the others; false: nothing was answered yet. */
  instead?: (path: string, response: ServerResponse) => boolean;
}

export interface FeedServer {
  readonly url: string;
  readonly answers: Answers;
  /** `path authorization` of each question. */
  readonly asked: string[];
  readonly server: Server;
}

export async function startFeed(owner: Pick<Owner, 'teardown'>, given: Partial<Answers> = {}): Promise<FeedServer> {
  const answers: Answers = { now: now(), findings: [], requests: { time: TIME, total: 0, requests: [] }, ...given };
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url!;
    asked.push(`${path} ${request.headers.authorization ?? ''}`.trim());
    if (answers.instead?.(path, response)) return;
    const answer: Readonly<Record<string, unknown>> = {
      '/now': answers.now,
      '/findings': { time: TIME, findings: answers.findings },
      '/requests': answers.requests,
    };
    response.writeHead(path in answer ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer[path] ?? null));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  owner.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, answers, asked, server };
}
