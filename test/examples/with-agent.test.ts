/** The examples under the agent: what /metrics says about requests that this test made. */
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { parseSamples, type Sample } from '../../examples/demo/scrape.ts';
import { metricsAddress } from '../support/metrics-address.ts';
import { type Example, startExample } from './child.ts';

const REGISTER = fileURLToPath(new URL('../../../lib/src/register.cjs', import.meta.url));
const COUNT = 'http_server_request_duration_seconds_count';

interface Watched extends Example {
  /** The samples of /metrics once `ready` says so; fails after 10 s. */
  samples(ready: (samples: Sample[]) => boolean): Promise<Sample[]>;
}

async function startWatched(t: ExecutionContext, name: string): Promise<Watched> {
  const { env, url } = await metricsAddress();
  const example = await startExample(name, {
    execArgv: ['--require', REGISTER],
    env: { ...env, OTEL_SERVICE_NAME: name },
  });
  t.teardown(() => example.stop());
  return { ...example, samples: (ready) => poll(`${url}/metrics`, ready) };
}

async function poll(url: string, ready: (samples: Sample[]) => boolean): Promise<Sample[]> {
  const deadline = performance.now() + 10_000;
  for (;;) {
    const text = await fetch(url).then(
      (response) => response.text(),
      () => '',
    );
    const samples = parseSamples(text);
    if (ready(samples)) return samples;
    if (performance.now() > deadline) throw new Error(`not within 10 s, but this:\n${text}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Adds up the samples of `name` that have all these labels; undefined when there is none. */
function sum(samples: readonly Sample[], name: string, labels: Record<string, string> = {}): number | undefined {
  const found = samples.filter(
    (sample) => sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
  );
  return found.length > 0 ? found.reduce((total, sample) => total + sample.value, 0) : undefined;
}

/** Route → requests, of everything that has a route. */
function routes(samples: readonly Sample[]): Record<string, number> {
  const found: Record<string, number> = {};
  for (const { name, labels, value } of samples) {
    if (name !== COUNT || !labels.http_route) continue;
    const key = `${labels.http_request_method} ${labels.http_route} ${labels.http_response_status_code}`;
    found[key] = (found[key] ?? 0) + value;
  }
  return found;
}

const finished = (wanted: number) => (samples: readonly Sample[]) => (sum(samples, COUNT) ?? 0) >= wanted;

test('shop: every route is counted under its pattern and its status', async (t) => {
  const shop = await startWatched(t, 'shop');
  const requests: [path: string, method?: string][] = [
    ['/'],
    ['/api/products/7'],
    ['/api/products/8'],
    ['/api/products/99'],
    ['/api/carts/3/items', 'POST'],
    ['/api/carts/3/pay?card=broken', 'POST'],
    ['/api/orgs/acme/reports/1?ms=5'],
    ['/api/orgs/other/reports/2?ms=5'],
    ['/api/orgs/acme/photos', 'POST'],
    ['/recommendations/ann'],
    ['/no/such/page'],
  ];
  for (const [path, method = 'GET'] of requests) {
    await (await fetch(shop.url + path, { method, headers: { 'x-request-start': `t=${Date.now() - 20}` } })).text();
  }
  const samples = await shop.samples(
    (all) => finished(requests.length)(all) && sum(all, 'shop_cart_items_total') === 1,
  );
  t.deepEqual(routes(samples), {
    'GET / 200': 1,
    'GET /api/products/:id 200': 2,
    'GET /api/products/:id 404': 1,
    'POST /api/carts/:cart/items 201': 1,
    'POST /api/carts/:cart/pay 500': 1,
    'GET /api/orgs/:org/reports/:id 200': 2,
    'POST /api/orgs/:org/photos 201': 1,
    'GET /recommendations/:user 200': 1,
  });
  t.is(sum(samples, COUNT), requests.length);
  t.is(sum(samples, COUNT, { http_response_status_code: '404' }), 2);
  t.is(sum(samples, 'loadline_http_queue_duration_seconds_count'), requests.length);
  t.true(sum(samples, 'loadline_http_queue_duration_seconds_sum')! >= 0.02 * requests.length - 0.02);
  t.is(sum(samples, 'http_server_active_requests'), 0);
  t.true(sum(samples, 'process_memory_usage_bytes')! > 20e6);
  t.true(sum(samples, 'process_cpu_time_seconds_total')! > 0);
  t.true(sum(samples, 'nodejs_eventloop_time_seconds_total', { nodejs_eventloop_state: 'active' })! > 0);
  t.true(sum(samples, 'nodejs_eventloop_time_seconds_total', { nodejs_eventloop_state: 'idle' })! > 0);
});

test('shop: its counter and its sampler are shown', async (t) => {
  const shop = await startWatched(t, 'shop');
  for (let time = 0; time < 3; time++) await (await fetch(`${shop.url}/api/carts/4/items`, { method: 'POST' })).text();
  const level = (samples: readonly Sample[]) => sum(samples, 'shop_stock_level', { product: '5' });
  const samples = await shop.samples((all) => sum(all, 'shop_cart_items_total') === 3 && level(all) === 497);
  t.is(sum(samples, 'shop_cart_items_total', { product: '5' }), 3);
  t.is(samples.filter((sample) => sample.name === 'shop_stock_level').length, 40);
});

test('sampler: a library without any import is shown', async (t) => {
  const example = await startWatched(t, 'sampler');
  for (const number of [1, 2, 1, 1]) await (await fetch(`${example.url}/squares/${number}`)).text();
  const samples = await example.samples((all) => sum(all, 'lru_hits_total') === 2);
  t.is(sum(samples, 'lru_hits_total', { cache: 'squares' }), 2);
  t.is(sum(samples, 'lru_misses_total'), 2);
  t.is(sum(samples, 'lru_size'), 2);
});

test('plain-http: setRoute gives the route, and what has none gets none', async (t) => {
  const example = await startWatched(t, 'plain-http');
  for (const path of ['/users/ann', '/users/bob', '/', '/nowhere']) await (await fetch(example.url + path)).text();
  const samples = await example.samples(finished(4));
  t.deepEqual(routes(samples), { 'GET /users/:name 200': 2, 'GET / 200': 1 });
});

test('fastify: routes with their prefix, errors under their pattern', async (t) => {
  const example = await startWatched(t, 'fastify');
  for (const path of ['/', '/books/1', '/books/2', '/books/x', '/books/broken', '/nowhere']) {
    await (await fetch(example.url + path)).text();
  }
  const samples = await example.samples(finished(6));
  t.deepEqual(routes(samples), {
    'GET / 200': 1,
    'GET /books/:id 200': 2,
    'GET /books/:id 404': 1,
    'GET /books/broken 500': 1,
  });
});
