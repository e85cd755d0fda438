/** While the app's main thread is blocked, everything about it can still be read. */
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { type App, startApp } from '../support/app.ts';
import { get } from '../support/load.ts';
import { type Metrics, readMetrics, risingSamples } from '../support/metrics-text.ts';
import { startPrometheus } from '../support/servers.ts';

/** ms */
const BLOCK = 5000;
const SCRAPES = 10;
/** ms that a scrape may take. */
const LIMIT = 250;
/** Requests that the app has begun when it blocks, and those that come while it is blocked. */
const IN_FLIGHT = 5;
const WAITING = 5;

interface Scrape {
  /** ms since the block began. */
  readonly at: number;
  /** ms */
  readonly took: number;
  readonly metrics: Metrics;
}

async function scrape(app: App, blockStart: number): Promise<Scrape> {
  // A connection of its own each time, as a person with a browser has.
  const { status, body, latency } = await get(`http://127.0.0.1:${app.metricsPort}/metrics`, { connection: 'close' });
  if (status !== 200) throw new Error(`${status}: ${body}`);
  return { at: performance.now() - blockStart, took: latency, metrics: readMetrics(body) };
}

/** Ten scrapes, spread over the block. */
async function scrapeDuring(app: App, blockStart: number): Promise<Scrape[]> {
  const scrapes: Scrape[] = [];
  for (let i = 0; i < SCRAPES; i++) {
    const due = blockStart + 700 + i * 430;
    await sleep(Math.max(0, due - performance.now()));
    scrapes.push(await scrape(app, blockStart));
  }
  return scrapes;
}

function rises(t: ExecutionContext, scrapes: readonly Scrape[], name: string): void {
  const values = scrapes.map(({ metrics }) => metrics.sum(name));
  t.log(`${name}: ${values.map((value) => value.toFixed(2)).join(' ')}`);
  t.true(
    values.every((value, i) => value > (values[i - 1] ?? 0)),
    `${name} does not grow: ${values}`,
  );
}

test.serial(
  'With the loop blocked for 5 s under load, ten scrapes answer in time, and what they say is right',
  async (t) => {
    const app = await startApp(t, 'hanging-app');
    const prometheus = await startPrometheus(t, { app: app.metricsPort });
    await prometheus.scraped();
    const before = await scrape(app, 0);
    t.is(before.metrics.sum('fixture_answer'), 42, 'the sampler was asked');
    t.is(before.metrics.sum('loadline_eventloop_stall_age_seconds'), 0);

    const begun = Array.from({ length: IN_FLIGHT }, () => get(`${app.url}/wait/1000`));
    await sleep(300);
    const blockStart = performance.now();
    const block = get(`${app.url}/block/${BLOCK}`);
    await sleep(200);
    const waiting = Array.from({ length: WAITING }, () => get(`${app.url}/wait/1`));
    const scrapes = await scrapeDuring(app, blockStart);
    t.true(scrapes.at(-1)!.at < BLOCK, 'all of this happened during the block');

    t.log(`ms per scrape: ${scrapes.map(({ took }) => took.toFixed(0)).join(' ')}`);
    for (const { took, at } of scrapes) t.true(took < LIMIT, `the scrape at ${at.toFixed(0)} ms took ${took} ms`);
    rises(t, scrapes, 'loadline_eventloop_stall_age_seconds');
    for (const { at, took, metrics } of scrapes) {
      const late = at / 1000 - metrics.sum('loadline_eventloop_stall_age_seconds');
      t.true(late > 0 && late < 0.3 + took / 1000, `the stall is ${late} s younger than the block`);
      t.is(metrics.sum('http_server_active_requests'), IN_FLIGHT + 1, 'those that wait have not reached the app');
      t.is(metrics.sum('fixture_answer'), 42, 'the last value of the sampler');
      t.is(metrics.sum('fixture_asked_total'), scrapes[0]!.metrics.sum('fixture_asked_total'));
    }
    rises(t, scrapes, 'loadline_sampler_stale_total');
    rises(t, scrapes, 'loadline_http_oldest_age_seconds');
    rises(t, scrapes, 'loadline_http_busy_time_seconds_total');

    const answers = await Promise.all([...begun, block, ...waiting]);
    t.deepEqual(
      answers.filter(({ status }) => status !== 200),
      [],
    );
    await sleep(300);
    const after = await scrape(app, blockStart);
    neverFalls(t, [before, ...scrapes, after]);
    isOver(t, before, after);

    await sleep(1500);
    t.is(await prometheus.value('min_over_time(up[8s])'), 1, 'Prometheus got an answer each time');
    const count = await prometheus.value('count_over_time(up[8s])');
    t.true(count >= 6, `Prometheus scraped ${count} times in 8 s`);
    const seen = await prometheus.value('max_over_time(loadline_eventloop_stall_age_seconds[8s])');
    t.true(seen > 3 && seen < BLOCK / 1000, `Prometheus saw a stall of ${seen} s`);
  },
);

/** A counter or bucket that once was there stays, and does not fall. */
function neverFalls(t: ExecutionContext, scrapes: readonly Scrape[]): void {
  let last = new Map<string, number>() as ReadonlyMap<string, number>;
  for (const { metrics } of scrapes) {
    const next = risingSamples(metrics);
    t.true(next.size > 20);
    const fallen = [...last].filter(([name, value]) => !(next.get(name)! >= value));
    t.deepEqual(fallen, []);
    last = next;
  }
}

/** The books after the block: one stall of its length, nothing left open, and the sampler is asked again. */
function isOver(t: ExecutionContext, before: Scrape, after: Scrape): void {
  const change = (name: string) => after.metrics.sum(name) - before.metrics.sum(name);
  t.is(after.metrics.sum('loadline_eventloop_stall_age_seconds'), 0);
  t.is(change('loadline_eventloop_stalls_total'), 1);
  const stalled = change('loadline_eventloop_stalled_time_seconds_total');
  t.true(Math.abs(stalled - BLOCK / 1000) < 0.25, `stalled for ${stalled} s`);
  t.is(after.metrics.sum('http_server_active_requests'), 0);
  t.is(after.metrics.sum('http_server_request_duration_seconds_count'), IN_FLIGHT + WAITING + 1);
  t.true(change('fixture_asked_total') > 0);
}
