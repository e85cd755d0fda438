/** One app, unchanged but for the preload, and every destination at once: all of them know the same number of requests. */
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { startExampleApp } from '../support/app.ts';
import { get } from '../support/load.ts';
import { startHttpReceiver } from '../support/otlp-receiver.ts';
import { startPushgateway } from '../support/pushgateway.ts';
import { startCarbon } from '../support/servers.ts';

const REQUESTS = 120;
/** ms */
const INTERVAL = 1000;
const PATIENCE = 30_000;

/** Asks until the answer is `wanted`, and returns the last one. */
async function until(wanted: number, ask: () => Promise<number>): Promise<number> {
  const end = Date.now() + PATIENCE;
  let found = await ask();
  while (found !== wanted && Date.now() < end) {
    await sleep(300);
    found = await ask();
  }
  return found;
}

function sum(values: Iterable<number>): number {
  return [...values].reduce((total, value) => total + value, 0);
}

test('Prometheus, Graphite, OTLP and Pushgateway at once show the same requests', async (t) => {
  const [carbon, gateway, otlp] = [await startCarbon(t), await startPushgateway(t), await startHttpReceiver()];
  t.teardown(() => otlp.close());
  const from = Math.floor(Date.now() / 1000) - 2;
  const app = await startExampleApp(t, 'plain-http', {
    OTEL_SERVICE_NAME: 'plain',
    OTEL_METRICS_EXPORTER: 'prometheus,graphite,otlp,pushgateway',
    OTEL_METRIC_EXPORT_INTERVAL: String(INTERVAL),
    OTEL_EXPORTER_OTLP_ENDPOINT: otlp.url,
    LOADLINE_GRAPHITE_URL: `tcp://127.0.0.1:${carbon.port}`,
    LOADLINE_PUSHGATEWAY_URL: gateway.url,
  });
  for (let i = 0; i < REQUESTS; i++) {
    t.is((await get(`${app.url}/users/u${i}`)).status, 200);
    if (i % 20 === 0) await sleep(INTERVAL / 4);
  }

  const counted = /^http_server_request_duration_seconds_count\{[^}]*http_route="\/users\/:name"[^}]*\} (\d+)$/gm;
  const inText = (text: string) => sum([...text.matchAll(counted)].map(([, value]) => Number(value)));
  t.is(await until(REQUESTS, async () => inText(await app.scrape())), REQUESTS, 'Prometheus');
  t.is(await until(REQUESTS, async () => inText(await gateway.metrics())), REQUESTS, 'Pushgateway');

  const inOtlp = async () => {
    const series = otlp.requests.at(-1)?.series ?? [];
    const duration = series.filter(({ name }) => name === 'http.server.request.duration');
    return sum(duration.filter((one) => one.attributes['http.route'] === '/users/:name').map(({ value }) => value));
  };
  t.is(await until(REQUESTS, inOtlp), REQUESTS, 'OTLP');
  t.deepEqual(
    otlp.requests.flatMap(({ problems }) => problems),
    [],
  );

  const target = "seriesByTag('name=http.server.request.duration.count','service=plain')";
  const inGraphite = async () => {
    const all = await carbon.render(target, from, Math.floor(Date.now() / 1000) + 2);
    return sum([...all.values()].flatMap((points) => [...points.values()]));
  };
  t.is(await until(REQUESTS, inGraphite), REQUESTS, 'Graphite');
});
