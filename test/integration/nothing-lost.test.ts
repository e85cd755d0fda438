/**
 * Backends that are down for two fifths of a run, are killed and started again, and never read: afterwards their totals
 * are the apps' own counts, and the apps have noticed nothing. Five minutes are scaled down to half a minute.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import type { Truth } from '../fixtures/counting-app.ts';
import type { LedgerLine, LedgerOptions } from '../fixtures/ledger-adapter.ts';
import { type App, startApp } from '../support/app.ts';
import { temporaryFolder } from '../support/child.ts';
import { dial } from '../support/connect.ts';
import { type Answer, get, openLoop, quantile } from '../support/load.ts';
import { readMetrics } from '../support/metrics-text.ts';
import { neverReads } from '../support/never-reads.ts';
import { linesOf, type OtlpBackend, startOtlpBackend, type Taken } from '../support/otlp-backend.ts';
import { type Carbon, startCarbon } from '../support/servers.ts';

/**
 * ms since the load began. To be down comes last, since the pauses between attempts to connect, which grow, are not
 * scaled down.
 */
const PHASES = { unread: 6000, read: 10_000, killed: 13_000, down: 16_000, up: 27_000, end: 29_000 };
/** Requests per second, each app. */
const RATE = 40;
/** ms until what was delivered can be read. */
const READ_LIMIT = 30_000;
/** Bytes that an app may grow by while its backends are gone. What it holds back for this load is well below. */
const GROWTH = 48 * 1024 * 1024;
const REQUESTS = 'http.server.request.duration';
const WORK = 'fixture.work';
/** What is compared: the attributes tell it from the test's own questions. */
const SERIES: LedgerOptions['metrics'] = { [REQUESTS]: { 'http.route': '/work' }, [WORK]: {} };

/** What can be killed, left unread and brought back, on one port. */
type Backend = Pick<OtlpBackend, 'port' | 'kill' | 'restart'>;

interface Ran {
  readonly answers: readonly Answer[];
  /** Bytes: when all was well, and the highest one seen later. */
  readonly rss: { readonly healthy: number; readonly highest: number };
  readonly truth: Truth;
  /** The app's own page at the end. */
  readonly page: string;
}

async function truthOf(app: App): Promise<Truth> {
  return JSON.parse((await get(`${app.url}/truth`)).body);
}

/** Does to all backends what the phases say. Returns how many connections of each were left unread. */
async function torment(backends: readonly Backend[]): Promise<readonly number[]> {
  const begin = Date.now();
  const until = (time: number) => sleep(Math.max(0, begin + time - Date.now()));
  const all = <T>(work: (backend: Backend) => Promise<T>) => Promise.all(backends.map(work));
  await until(PHASES.unread);
  const unread = await all(async (backend) => {
    await backend.kill();
    const peer = await neverReads(backend.port);
    await until(PHASES.read);
    await peer.close();
    await backend.restart();
    return peer.connections;
  });
  await until(PHASES.killed);
  await all(async (backend) => {
    await backend.kill();
    await backend.restart();
  });
  await until(PHASES.down);
  await all((backend) => backend.kill());
  await until(PHASES.up);
  await all((backend) => backend.restart());
  return unread;
}

/** The load on one app until the end of the phases; then the app's own account, and its end. */
async function run(app: App): Promise<Ran> {
  const url = (index: number) => `${app.url}/work/${1 + (index % 3)}`;
  const rss = { healthy: 0, highest: 0 };
  const begin = Date.now();
  const looking = setInterval(async () => {
    const { rss: found } = await truthOf(app);
    if (Date.now() - begin < PHASES.unread) rss.healthy = Math.max(rss.healthy, found);
    else rss.highest = Math.max(rss.highest, found);
  }, 500);
  const answers = await openLoop({ rate: RATE, count: (PHASES.end / 1000) * RATE, url });
  clearInterval(looking);
  // What samplers said is fresh for 100 ms.
  await sleep(150);
  const [truth, page] = [await truthOf(app), await app.scrape()];
  await get(`${app.url}/exit`);
  return { answers, rss, truth, page };
}

function behaved(t: ExecutionContext, name: string, { answers, rss, page, truth }: Ran): void {
  t.true(answers.every(({ status }) => status === 200));
  const between = (from: number, to: number) =>
    answers.slice((from / 1000) * RATE, (to / 1000) * RATE).map(({ latency }) => latency);
  // The first two seconds warm up.
  const healthy = between(2000, PHASES.unread);
  const dead = [...between(PHASES.down, PHASES.up), ...between(PHASES.unread, PHASES.read)];
  const [before, during] = [quantile(healthy, 0.5), quantile(dead, 0.5)];
  const show = (values: readonly number[]) =>
    [0.5, 0.99].map((share) => `p${share * 100} ${quantile(values, share).toFixed(2)} ms`).join(', ');
  t.log(`${name}: latency ${show(healthy)} with healthy backends, ${show(dead)} with dead ones`);
  t.true(during < 2 * before + 5, `${name}: half of the requests took ${during} ms, before ${before} ms`);
  const mebibytes = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(0)} MiB`;
  t.log(`${name}: ${mebibytes(rss.healthy)} resident, at most ${mebibytes(rss.highest)} later`);
  t.true(rss.highest - rss.healthy < GROWTH);
  const shown = readMetrics(page);
  t.is(shown.sum('http_server_request_duration_seconds_count', { http_route: '/work' }), truth.requests);
  t.is(shown.sum('fixture_work_total'), truth.work);
}

/** Asks until the answer is `wanted`, and returns the last one. */
async function until(wanted: number, ask: () => Promise<number>): Promise<number> {
  const limit = Date.now() + READ_LIMIT;
  let found = await ask();
  while (found !== wanted && Date.now() < limit) {
    await sleep(300);
    found = await ask();
  }
  return found;
}

function sum(values: Iterable<number>): number {
  return [...values].reduce((total, value) => total + value, 0);
}

async function inCarbon(t: ExecutionContext, carbon: Carbon, from: number, { truth }: Ran): Promise<void> {
  const points = async (name: string, tag: string) => {
    const target = `seriesByTag('name=${name}.count','service=counting'${tag})`;
    const all = await carbon.render(target, from, Math.floor(Date.now() / 1000) + 5);
    return [...all.values()].flatMap((series) => [...series]);
  };
  const total = async (name: string, tag = '') => sum((await points(name, tag)).map(([, value]) => value));
  const route = `,'http.route=/work'`;
  t.is(await until(truth.requests, () => total(REQUESTS, route)), truth.requests, 'requests in carbon');
  t.is(await until(truth.work, () => total(WORK)), truth.work, 'work in carbon');
  const seconds = (await points(REQUESTS, route)).filter(([, value]) => value > 0).map(([time]) => time);
  const span = Math.max(...seconds) - Math.min(...seconds) + 1;
  t.log(`carbon has ${seconds.length} intervals in ${span} s`);
  // An interval may fall into the second of its neighbour and take the next one: the sum above says that none is lost.
  t.true(seconds.length >= span - 3 && span >= PHASES.end / 1000 - 2, `intervals at ${seconds}`);
}

/** Sum over the series of a request. */
function totalOf(taken: Taken, metric: string): number {
  return sum(seriesOf(taken, metric).map(({ value }) => value));
}

function seriesOf({ series }: Taken, metric: string) {
  const wanted = Object.entries(SERIES[metric]!);
  return series.filter((one) => one.name === metric && wanted.every(([key, value]) => one.attributes[key] === value));
}

function fits(t: ExecutionContext, backend: OtlpBackend): void {
  t.deepEqual(
    backend.taken().flatMap(({ problems }) => problems),
    [],
  );
}

async function inOtlp(t: ExecutionContext, backend: OtlpBackend, { truth }: Ran): Promise<void> {
  const last = (metric: string) => async () => totalOf(backend.taken().at(-1)!, metric);
  t.is(await until(truth.requests, last(REQUESTS)), truth.requests, 'requests in the cumulative OTLP backend');
  t.is(await until(truth.work, last(WORK)), truth.work, 'work in the cumulative OTLP backend');
  fits(t, backend);
}

/** What the backend never answered for is known from the ledger, which got the same snapshots. */
function missingOf(taken: readonly Taken[], ledger: readonly LedgerLine[], metric: string) {
  const at = (time: number) => ledger.find((line) => Math.abs(line.time - time) < 1)?.totals[metric] ?? Number.NaN;
  const intervals = taken.flatMap((one) => seriesOf(one, metric).slice(0, 1));
  let [missing, gaps] = [0, 0];
  for (const [i, { start }] of intervals.entries()) {
    const end = intervals[i - 1]?.time;
    if (end === undefined || Math.abs(start - end) < 1) continue;
    gaps++;
    missing += at(start) - at(end);
  }
  return { missing, gaps };
}

function inDeltas(t: ExecutionContext, backend: OtlpBackend, ledger: readonly LedgerLine[], { truth, page }: Ran) {
  const taken = backend.taken();
  const unknown = readMetrics(page).sum('loadline_export_unknown_total');
  for (const [metric, wanted] of [
    [REQUESTS, truth.requests],
    [WORK, truth.work],
  ] as const) {
    const { missing, gaps } = missingOf(taken, ledger, metric);
    const received = sum(taken.map((one) => totalOf(one, metric)));
    t.log(
      `deltas of ${metric}: ${received} received, ${missing} unanswered in ${gaps} gaps, ${unknown} points unknown`,
    );
    t.is(received + missing, wanted, metric);
    // An unanswered request has at least the points of the smallest one that arrived; it leaves one gap or widens one.
    const fewest = Math.min(...taken.map(({ series }) => series.length));
    t.true(gaps * fewest <= (unknown || 0), 'what is missing was counted as unanswered');
    t.true(missing < wanted / 3, 'a backend that is down is not one that does not answer');
  }
  fits(t, backend);
}

test('Backends that are down, killed and unread in turn have everything afterwards', async (t) => {
  const folder = temporaryFolder('ledger');
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const ledger = join(folder, 'ledger');
  const module = (name: string) => fileURLToPath(new URL(name, import.meta.url));
  const [carbon, totals, deltas] = [await startCarbon(t), await startOtlpBackend(t), await startOtlpBackend(t)];
  const common = { OTEL_EXPORTER_PROMETHEUS_HOST: '127.0.0.1', LOADLINE_EXIT_FLUSH: '8000' };
  const from = Math.floor(Date.now() / 1000) - 2;
  const [plain, own] = await Promise.all([
    startApp(t, 'counting-app', {
      ...common,
      OTEL_SERVICE_NAME: 'counting',
      OTEL_METRICS_EXPORTER: 'prometheus,graphite,otlp',
      OTEL_METRIC_EXPORT_INTERVAL: '1000',
      OTEL_EXPORTER_OTLP_ENDPOINT: totals.url,
      LOADLINE_GRAPHITE_URL: `tcp://127.0.0.1:${carbon.port}`,
    }),
    startApp(t, 'counting-app', {
      ...common,
      OTEL_METRIC_EXPORT_INTERVAL: '500',
      OTEL_EXPORTER_OTLP_ENDPOINT: deltas.url,
      OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: 'delta',
      ADAPTERS: JSON.stringify([
        'prometheus',
        'otlp',
        { module: module('../fixtures/ledger-adapter.js'), options: { file: ledger, metrics: SERIES } },
      ]),
    }),
  ]);
  // A scraper that never reads, beside the one of the test.
  const scraper = await dial(plain.metricsPort);
  scraper.pause().write('GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(200));

  const [first, second, unread] = await Promise.all([run(plain), run(own), torment([carbon, totals, deltas])]);
  scraper.destroy();
  for (const connections of unread) t.true(connections > 0, 'every backend had something that it did not read');
  behaved(t, 'Graphite and OTLP totals', first);
  behaved(t, 'OTLP deltas', second);
  await inOtlp(t, totals, first);
  await inCarbon(t, carbon, from, first);
  inDeltas(t, deltas, linesOf(ledger), second);
});
