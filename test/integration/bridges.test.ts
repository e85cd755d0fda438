/**
 * Apps with metrics of their own, unchanged but for the preload: Prometheus, Graphite and OTLP have these metrics, at
 * once and with the same values.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { type App, startApp } from '../support/app.ts';
import { get } from '../support/load.ts';
import { type OtlpReceiver, startHttpReceiver } from '../support/otlp-receiver.ts';
import { type Carbon, startCarbon } from '../support/servers.ts';

/** Of the paths `/a` and `/bb`. */
const REQUESTS = { '/a': 70, '/bb': 50 };
const ALL = REQUESTS['/a'] + REQUESTS['/bb'];
const INTERVAL = 1000;
const PATIENCE = 30_000;

/** How the metrics of an app are called where. */
interface Names {
  readonly fixture: string;
  readonly env: Readonly<Record<string, string>>;
  readonly prometheus: { readonly requests: string; readonly sizes: string; readonly last: string };
  /** In OTLP as they are; in Graphite with the statistic. */
  readonly dotted: { readonly requests: string; readonly sizes: string; readonly last: string };
}

const APPS: readonly Names[] = [
  {
    fixture: 'prom-client-app',
    env: { LOADLINE_BRIDGES: 'prom-client' },
    prometheus: { requests: 'app_requests_total', sizes: 'app_size', last: 'app_last' },
    dotted: { requests: 'app_requests', sizes: 'app_size', last: 'app_last' },
  },
  {
    fixture: 'opentelemetry-app',
    env: { LOADLINE_BRIDGES: 'opentelemetry' },
    prometheus: { requests: 'app_requests_total', sizes: 'app_size_bytes', last: 'app_last' },
    dotted: { requests: 'app.requests', sizes: 'app.size', last: 'app.last' },
  },
];

/** What one destination says of the app. */
interface Shown {
  readonly a: number;
  readonly bb: number;
  readonly sizes: number;
  /** Sum of all sizes, to the digits that a mean has. */
  readonly bytes: number;
  readonly last: number;
}

const EXPECTED: Shown = { a: REQUESTS['/a'], bb: REQUESTS['/bb'], sizes: ALL, bytes: 50 * ALL, last: 3 };

async function inPrometheus(app: App, { prometheus: { requests, sizes, last } }: Names): Promise<Shown> {
  const page = await app.metrics();
  return {
    a: page.sum(requests, { path: '/a' }),
    bb: page.sum(requests, { path: '/bb' }),
    sizes: page.sum(`${sizes}_count`),
    bytes: page.sum(`${sizes}_sum`),
    last: page.sum(last),
  };
}

async function inOtlp(receiver: OtlpReceiver, { dotted }: Names): Promise<Shown> {
  const series = receiver.requests.at(-1)?.series ?? [];
  const of = (name: string) => series.filter((one) => one.name === name);
  const path = (wanted: string) => of(dotted.requests).find(({ attributes }) => attributes.path === wanted)?.value;
  const [sizes, last] = [of(dotted.sizes)[0], of(dotted.last)[0]];
  return {
    a: path('/a') ?? 0,
    bb: path('/bb') ?? 0,
    sizes: sizes?.value ?? 0,
    bytes: sizes?.point.sum ?? 0,
    last: last?.value ?? 0,
  };
}

async function inGraphite(carbon: Carbon, from: number, { fixture, dotted }: Names): Promise<Shown> {
  const points = async (name: string, ...tags: string[]) => {
    const terms = [`name=${name}`, `service=${fixture}`, ...tags].map((term) => `'${term}'`);
    const all = await carbon.render(`seriesByTag(${terms.join()})`, from, Math.floor(Date.now() / 1000) + 2);
    return [...all.values()].flatMap((series) => [...series]).sort(([a], [b]) => a - b);
  };
  const total = async (...target: [string, ...string[]]) =>
    (await points(...target)).reduce((sum, [, value]) => sum + value, 0);
  const counts = new Map(await points(`${dotted.sizes}.count`));
  const means = await points(`${dotted.sizes}.mean`);
  return {
    a: await total(`${dotted.requests}.count`, 'path=/a'),
    bb: await total(`${dotted.requests}.count`, 'path=/bb'),
    sizes: [...counts.values()].reduce((sum, count) => sum + count, 0),
    bytes: means.reduce((sum, [time, mean]) => sum + mean * (counts.get(time) ?? 0), 0),
    last: (await points(dotted.last)).at(-1)?.[1] ?? 0,
  };
}

async function shows(t: ExecutionContext, where: string, ask: () => Promise<Shown>): Promise<void> {
  const limit = Date.now() + PATIENCE;
  let found = await ask();
  while (JSON.stringify(found) !== JSON.stringify(EXPECTED) && Date.now() < limit) {
    await sleep(300);
    found = await ask();
  }
  t.deepEqual(found, EXPECTED, where);
}

for (const names of APPS) {
  test.serial(`What ${names.fixture} counts itself is in all three destinations`, async (t) => {
    const [carbon, otlp] = [await startCarbon(t), await startHttpReceiver()];
    t.teardown(() => otlp.close());
    const from = Math.floor(Date.now() / 1000) - 2;
    const app = await startApp(t, names.fixture, {
      ...names.env,
      OTEL_SERVICE_NAME: names.fixture,
      OTEL_METRICS_EXPORTER: 'prometheus,graphite,otlp',
      OTEL_METRIC_EXPORT_INTERVAL: String(INTERVAL),
      OTEL_EXPORTER_PROMETHEUS_HOST: '127.0.0.1',
      OTEL_EXPORTER_OTLP_ENDPOINT: otlp.url,
      LOADLINE_GRAPHITE_URL: `tcp://127.0.0.1:${carbon.port}`,
    });
    for (const [path, count] of Object.entries(REQUESTS)) {
      for (let i = 0; i < count; i++) {
        await get(app.url + path);
        if (i % 20 === 0) await sleep(INTERVAL / 3);
      }
    }
    await shows(t, 'Prometheus', () => inPrometheus(app, names));
    await shows(t, 'OTLP', () => inOtlp(otlp, names));
    await shows(t, 'Graphite', () => inGraphite(carbon, from, names));
    t.deepEqual(
      otlp.requests.flatMap(({ problems }) => problems),
      [],
    );
    t.is(app.log(), '', 'the app was told nothing');
  });
}
