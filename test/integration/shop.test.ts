/** The example shop behind each real front end: Prometheus knows every request, by route, and how long it queued. */
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { startExampleApp } from '../support/app.ts';
import { openLoop } from '../support/load.ts';
import { startApache, startHaproxy, startNginx, startPrometheus } from '../support/servers.ts';

/** Requests to each page through each front end. */
const EACH = 40;
/** Path → the route that it belongs to. */
const PAGES: Readonly<Record<string, string>> = {
  '/': '/',
  '/api/products': '/api/products',
  '/api/products/3': '/api/products/:id',
  '/api/orgs/acme/reports/7': '/api/orgs/:org/reports/:id',
};
const COUNT = 'http_server_request_duration_seconds_count';

test('The shop behind nginx, haproxy and Apache: no request is lost, none is named by its URL, each has queued', async (t) => {
  const shop = await startExampleApp(t, 'shop', { OTEL_SERVICE_NAME: 'shop' });
  const fronts = [
    await startNginx(t, { backend: shop.port }),
    await startHaproxy(t, { backend: shop.port }),
    await startApache(t, { backend: shop.port }),
  ];
  const prometheus = await startPrometheus(t, { shop: shop.metricsPort });
  await prometheus.scraped();

  const paths = Object.keys(PAGES);
  const loads = fronts.map((front) => {
    const url = (index: number) => front.url + paths[index % paths.length];
    return openLoop({ rate: 20, count: EACH * paths.length, url });
  });
  const answers = (await Promise.all(loads)).flat();
  t.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
  await sleep(3000);

  for (const route of Object.values(PAGES)) {
    const seen = await prometheus.value(`sum(${COUNT}{job="shop",http_route="${route}"})`);
    t.is(seen, EACH * fronts.length, route);
  }
  const total = EACH * paths.length * fronts.length;
  t.is(await prometheus.value(`sum(${COUNT}{job="shop",http_route=~".+"})`), total);
  t.is(await prometheus.value('sum(loadline_http_queue_duration_seconds_count{job="shop"})'), total);
  t.is(await prometheus.value('sum(http_server_active_requests{job="shop"})'), 0);
  const little = 'loadline_http_busy_time_seconds_total{job="shop"}';
  const busy = await prometheus.value(little);
  const spent = await prometheus.value('sum(http_server_request_duration_seconds_sum{job="shop"})');
  t.log(`busy ${busy} s, durations ${spent} s`);
  t.true(Math.abs(busy - spent) <= 0.02 * spent, `${busy} against ${spent}`);
});
