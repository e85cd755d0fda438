/** What a real Prometheus says about a load is the truth of that load. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import type { Tally } from '../fixtures/burning-app.ts';
import { type App, startApp } from '../support/app.ts';
import { startFunnel } from '../support/funnel.ts';
import { mean, openLoop, quantile } from '../support/load.ts';
import { need, startNginx, startPrometheus } from '../support/servers.ts';
import { queued, waited } from '../support/waited.ts';

/** Requests per second. */
const RATE = 25;
const REQUESTS = 700;
/** ms that the handler takes; one request in twenty takes the long time, so that p99 is the long time. */
const SHORT = 400;
const LONG = 1000;
/** ms between front end and app. */
const QUEUE = 1000;
/** The share of the time for which the burning app's loop is busy. */
const BURN = 0.5;
/** ms that a rate looks back. */
const WINDOW = 15_000;
const DURATION = 'http_server_request_duration_seconds';
const QUEUED = 'loadline_http_queue_duration_seconds';

/** Seconds around some times, in steps of 0.5 %, so that what the bounds hide is far below 5 %. */
function boundsAround(...milliseconds: readonly number[]): string {
  const steps = Array.from({ length: 31 }, (_, i) => 0.95 + 0.005 * i);
  return milliseconds.flatMap((time) => steps.map((step) => ((time * step) / 1000).toFixed(4))).join(',');
}

/** On from there up to twice the time, in steps of 2.5 %: on a machine with other work a wait may be longer. */
function boundsAbove(milliseconds: number): string {
  return Array.from({ length: 25 }, (_, i) => ((milliseconds * 1.1 * 1.025 ** (i + 1)) / 1000).toFixed(4)).join(',');
}

const BOUNDS = [
  `http.server.request.duration=${boundsAround(SHORT, LONG)}`,
  `loadline.http.queue.duration=${boundsAround(QUEUE)},${boundsAbove(QUEUE)}`,
].join(';');

/** What Prometheus answered beside what is true. */
interface Finding {
  readonly query: string;
  readonly found: number;
  /** One value, or the least and the most. */
  readonly truth: number | readonly [number, number];
}

function agrees(t: ExecutionContext, { query, found, truth }: Finding): void {
  const [least, most] = typeof truth === 'number' ? [truth, truth] : truth;
  t.log(`${query} = ${found.toPrecision(5)}, truth ${least.toPrecision(5)} to ${most.toPrecision(5)}`);
  t.true(found >= least * 0.95 && found <= most * 1.05, `${query}: ${found}, truth ${truth}`);
}

/** The scrapes' window is not exactly that of the answers, and p99 of 375 requests is the fourth largest. */
function aroundP99(values: readonly number[]): readonly [number, number] {
  return [quantile(values, 0.98), quantile(values, 1)];
}

/** A loop does more than to burn: it answers, and it is looked at. */
function atLeast(share: number): readonly [number, number] {
  return [share, share + 0.03];
}

async function tally({ url }: App): Promise<Tally> {
  return (await (await fetch(url)).json()) as Tally;
}

/** Bytes, as the kernel says. */
function residentMemory(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024;
}

test.serial('Rate, p99, queue p99, loop utilization and memory are those of the load within 5 %', async (t) => {
  const app = await startApp(t, 'waiting-app', { LOADLINE_BOUNDS: BOUNDS, OTEL_SERVICE_NAME: 'waiting' });
  const burning = await startApp(t, 'burning-app', { BURN: String(BURN), OTEL_SERVICE_NAME: 'burning' });
  const funnel = await startFunnel(t, app.port, QUEUE);
  const front = await startNginx(t, { backend: funnel.port });
  const prometheus = await startPrometheus(t, { app: app.metricsPort, burning: burning.metricsPort });
  await prometheus.scraped();

  const url = (index: number) => `${front.url}/wait/${index % 20 === 10 ? LONG : SHORT}`;
  const load = openLoop({ rate: RATE, count: REQUESTS, url });
  await sleep((REQUESTS / RATE) * 1000 - WINDOW - 2000);
  const before = await tally(burning);
  await sleep(WINDOW);
  const after = await tally(burning);
  const burnt = (after.burnt - before.burnt) / (after.elapsed - before.elapsed);

  const value = (query: string) => prometheus.value(query.replaceAll('WINDOW', `${WINDOW}ms`));
  const findings: Finding[] = [];
  const ask = async (query: string, truth: Finding['truth']) =>
    findings.push({ query, found: await value(query), truth });
  const end = Date.now();
  const quantileOf = (metric: string, share: number) =>
    value(`histogram_quantile(${share}, sum by (le) (rate(${metric}_bucket{job="app"}[WINDOW])))`);
  const [long, short, queue] = [
    await quantileOf(DURATION, 0.99),
    await quantileOf(DURATION, 0.5),
    await quantileOf(QUEUED, 0.99),
  ];
  await ask(`sum(rate(${DURATION}_count{job="app"}[WINDOW]))`, RATE);
  const loop = (state: string) => `rate(nodejs_eventloop_time_seconds_total{job="burning"${state}}[WINDOW])`;
  const active = loop(', nodejs_eventloop_state="active"');
  await ask(`sum(${active}) / sum(${loop('')})`, atLeast(burnt));
  await ask('nodejs_eventloop_utilization_ratio{job="burning"}', atLeast(after.burnt / after.elapsed));
  await ask('process_memory_usage_bytes{job="app"}', residentMemory(app.pid));
  await ask('process_memory_usage_bytes{job="burning"}', residentMemory(burning.pid));
  const busy = await value('rate(loadline_http_busy_time_seconds_total{job="app"}[WINDOW])');

  const answers = (await load).map(waited);
  const inWindow = answers.filter(({ called }) => called <= end && called > end - WINDOW);
  const durations = inWindow.map(({ handled }) => handled / 1000);
  findings.push(
    { query: 'duration p99', found: long, truth: aroundP99(durations) },
    { query: 'duration p50', found: short, truth: quantile(durations, 0.5) },
    { query: 'queue p99', found: queue, truth: aroundP99(inWindow.map(queued)) },
    { query: 'busy time', found: busy, truth: RATE * mean(durations) },
  );
  for (const finding of findings) agrees(t, finding);
  await sleep(2500);
  t.is(await prometheus.value(`sum(${DURATION}_count{job="app"})`), REQUESTS, 'every request counts once');
  t.is(await prometheus.value(`sum(${QUEUED}_count{job="app"})`), REQUESTS);
  t.is(await prometheus.value('sum(http_server_active_requests{job="app"})'), 0);
  t.deepEqual(
    (await prometheus.query(`${DURATION}_count{job="app"}`)).map(({ labels }) => labels.http_route),
    ['/wait/:milliseconds'],
  );
  t.is(await prometheus.value('sum(loadline_http_queue_discarded_total)'), 0);
});

test.serial('Prometheus takes everything that is served, with its types, and knows whose it is', async (t) => {
  const app = await startApp(t, 'waiting-app', {
    OTEL_SERVICE_NAME: 'waiting',
    OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=a "quoted%20name"',
  });
  await fetch(`${app.url}/wait/1`, { headers: { 'x-request-start': `t=${Date.now()}` } });
  const prometheus = await startPrometheus(t, { app: app.metricsPort });
  await prometheus.scraped();

  const { activeTargets } = (await prometheus.api('targets')) as {
    activeTargets: { lastError: string; health: string }[];
  };
  t.deepEqual(
    activeTargets.map(({ lastError, health }) => [lastError, health]),
    [['', 'up']],
  );
  t.is(await prometheus.value('up'), 1);

  const [info] = await prometheus.query('target_info');
  t.is(info?.value, 1);
  t.like(info?.labels, { service_name: 'waiting', deployment_environment_name: 'a "quoted name"' });
  t.is(Number(info?.labels.process_pid), app.pid);

  const metadata = (await prometheus.api('targets/metadata')) as { metric: string; type: string; help: string }[];
  const types = Object.fromEntries(metadata.map(({ metric, type }) => [metric, type]));
  t.like(types, {
    http_server_request_duration_seconds: 'histogram',
    http_server_active_requests: 'gauge',
    nodejs_eventloop_utilization_ratio: 'gauge',
  });
  t.deepEqual(
    metadata.filter(({ help }) => help === '').map(({ metric }) => metric),
    [],
    'each metric has a help text',
  );
  t.deepEqual(
    metadata.filter(({ type }) => type === 'unknown').map(({ metric }) => metric),
    [],
    'and a type',
  );

  const scraped = (await app.metrics()).samples.length;
  const stored = await prometheus.value('scrape_samples_scraped');
  t.true(Math.abs(stored - scraped) <= scraped * 0.1, `${stored} of ${scraped} samples are stored`);
});

test.serial('promtool has no complaint about the text, nor about what OpenMetrics has in common with it', async (t) => {
  const app = await startApp(t, 'waiting-app');
  await fetch(`${app.url}/wait/1`, { headers: { 'x-request-start': `t=${Date.now()}` } });
  const text = await app.scrape('text/plain;version=0.0.4');
  const openMetrics = await app.scrape('application/openmetrics-text;version=1.0.0');
  t.true(openMetrics.endsWith('# EOF\n'));
  t.deepEqual(complaints(text), '');
  t.deepEqual(complaints(asText(openMetrics)), '');
});

/** promtool reads the text format only: in OpenMetrics a counter's family has no `_total`, and info is a type. */
function asText(openMetrics: string): string {
  const counter = openMetrics.replace(
    /^# TYPE (\S+) counter$/gm,
    (_line, name: string) => `# TYPE ${name}_total counter`,
  );
  const counters = new Set([...openMetrics.matchAll(/^# TYPE (\S+) counter$/gm)].map(([, name]) => name));
  return counter
    .replace(/^# HELP (\S+)/gm, (line, name: string) => (counters.has(name) ? `${line}_total` : line))
    .replace(/^# TYPE (\S+) info$/gm, '# TYPE $1_info gauge')
    .replace(/^# HELP target /m, '# HELP target_info ')
    .replace(/^# (UNIT .*|EOF)\n/gm, '');
}

function complaints(text: string): string {
  const { stdout, stderr, status } = spawnSync(need('promtool'), ['check', 'metrics'], {
    input: text,
    encoding: 'utf8',
  });
  return stdout + stderr + (status === 0 ? '' : `exit code ${status}`);
}
