/** A real Prometheus scrapes a cluster each second while its workers are blocked and killed, and its leader is killed. */
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { launch, temporaryFolder } from '../support/child.ts';
import { listenerOf } from '../support/listener.ts';
import { type Answer, get } from '../support/load.ts';
import { readMetrics } from '../support/metrics-text.ts';
import { accepts, freePort } from '../support/ports.ts';
import { type Prometheus, startPrometheus } from '../support/prometheus.ts';

const WORKERS = 8;
/** Requests per second. */
const RATE = 120;
/** Requests at once: enough for every worker. */
const BURST = 3 * WORKERS;
const COUNT = 'http_server_request_duration_seconds_count';
/** ms for which one worker's loop is blocked. */
const BLOCK = 5000;

interface Tally {
  /** Answers by process and moment (epoch ms). */
  readonly answers: { readonly pid: number; readonly at: number }[];
  /** Requests that got no answer: they may have been counted. */
  failed: number;
}

/** Open loop, a connection for each request, until `stop`; resolves when every request is over. */
function load(url: string): { readonly tally: Tally; stop(): Promise<void> } {
  const tally: Tally = { answers: [], failed: 0 };
  const pending: Promise<void>[] = [];
  const note = ({ body }: Answer) => void tally.answers.push({ pid: Number(body), at: Date.now() });
  const send = () =>
    get(url).then(note, () => {
      tally.failed++;
    });
  // In bursts, since round-robin prefers the worker that is free first.
  const timer = setInterval(
    () => {
      for (let i = 0; i < BURST; i++) pending.push(send());
    },
    (1000 * BURST) / RATE,
  );
  return {
    tally,
    async stop() {
      clearInterval(timer);
      await Promise.all(pending);
    },
  };
}

test('8 workers, one blocked, one killed, the leader killed: Prometheus sees no counter fall and no spike', async (t) => {
  const port = await freePort();
  const metricsPort = await freePort();
  const folder = temporaryFolder('cluster');
  const runtime = temporaryFolder('group');
  const preload = new URL('../../../lib/src/register.cjs', import.meta.url).pathname;
  const cluster = await launch(t, {
    name: 'cluster',
    command: process.execPath,
    args: [new URL('../fixtures/group-cluster-app.js', import.meta.url).pathname],
    folder,
    env: {
      ...process.env,
      ...{
        PORT: String(port),
        WORKERS: String(WORKERS),
        WORKER_PRELOAD: preload,
        TMPDIR: runtime,
        XDG_RUNTIME_DIR: '',
      },
      ...{ OTEL_SERVICE_NAME: 'cluster', OTEL_EXPORTER_PROMETHEUS_PORT: String(metricsPort) },
    },
    ready: async () => (await accepts(port)) && (await accepts(metricsPort)),
  });
  const pids = () => [...cluster.log().matchAll(/\{"pid":(\d+)/g)].map(([, pid]) => Number(pid));
  const scrape = async () => {
    const signal = AbortSignal.timeout(1000);
    const response = await fetch(`http://127.0.0.1:${metricsPort}/metrics`, {
      signal,
      headers: { connection: 'close' },
    });
    return readMetrics(await response.text());
  };
  const aliveIs = async (count: number) => {
    for (const end = Date.now() + 30_000; Date.now() < end; await sleep(100)) {
      const metrics = await scrape().catch(() => undefined);
      if (metrics?.sum('loadline_group_processes', { state: 'alive' }) === count) return;
    }
    throw new Error(`never ${count} processes: ${cluster.log()}`);
  };
  await aliveIs(WORKERS);
  const prometheus = await startPrometheus(t, { cluster: metricsPort });
  await prometheus.scraped();

  const { tally, stop } = load(`http://127.0.0.1:${port}/`);
  await sleep(6000);
  const blocked = get(`http://127.0.0.1:${port}/block/${BLOCK}`);
  await sleep(2000);
  const leader = listenerOf(metricsPort, pids())!;
  const blockedPid = Number((await blocked).body);
  const victim = pids().find((pid) => pid !== leader && pid !== blockedPid)!;
  const victimAt = Date.now();
  process.kill(victim, 'SIGKILL');
  await aliveIs(WORKERS);
  await sleep(2000);
  const leaderAt = Date.now();
  process.kill(leader, 'SIGKILL');
  while (!(await scrape().catch(() => undefined))) await sleep(10);
  const takeover = Date.now() - leaderAt;
  await aliveIs(WORKERS);
  await sleep(5000);
  await stop();
  await sleep(2000);

  t.true(takeover < 2000, `takeover in ${takeover} ms`);
  t.not(listenerOf(metricsPort, pids()), leader);
  const [{ values: up }] = (await rangesOf(prometheus, 'up[2m]')) as [Range];
  const failed = up.filter(([, value]) => value === '0').map(([at]) => at * 1000 - leaderAt);
  t.deepEqual(
    failed.filter((at) => at < -1000 || at > 3000),
    [],
    'scrapes that failed, ms after the leader was killed',
  );
  const counters = await rangesOf(prometheus, '{__name__=~".+_(total|count|bucket|sum)"}[2m]');
  t.true(counters.length > 100, `${counters.length} counters`);
  t.deepEqual(counters.flatMap(falls), [], 'no counter falls');
  const peak = await prometheus.value(`max_over_time(sum(rate(${COUNT}[5s]))[1m:1s])`);
  t.true(peak < RATE * 1.8, `a rate of at most ${peak}/s, of ${RATE}/s`);

  // The request that blocked is one more.
  const answered = tally.answers.length + 1;
  const shown = (await scrape()).sum(COUNT);
  const stored = await prometheus.value(`sum(${COUNT})`);
  const deaths = [
    [victim, victimAt],
    [leader, leaderAt],
  ] as const;
  const atRisk = deaths.reduce(
    (sum, [pid, at]) => sum + tally.answers.filter((each) => each.pid === pid && each.at > at - 1500).length,
    0,
  );
  t.true(new Set(tally.answers.map(({ pid }) => pid)).size >= WORKERS, 'every worker had work');
  t.log({ answered, unanswered: tally.failed, shown, stored, atRisk, takeover, peak, scrapes: up.length, failed });
  t.true(shown >= answered - atRisk, `${shown} of ${answered}, of which ${atRisk} were answered in a last second`);
  t.true(shown <= answered + tally.failed, `${shown} of ${answered}`);
  t.is(stored, shown);
});

interface Range {
  readonly metric: Readonly<Record<string, string>>;
  /** [epoch s, value] */
  readonly values: readonly (readonly [number, string])[];
}

/** Every sample that Prometheus has of a range selector. */
async function rangesOf(prometheus: Prometheus, selector: string): Promise<readonly Range[]> {
  return ((await prometheus.api('query', { query: selector })) as { result: Range[] }).result;
}

function falls({ metric, values }: Range): string[] {
  return values.flatMap(([at, value], i) =>
    i > 0 && Number(value) < Number(values[i - 1]![1])
      ? [`${JSON.stringify(metric)}: ${values[i - 1]![1]} → ${value} at ${at}`]
      : [],
  );
}
