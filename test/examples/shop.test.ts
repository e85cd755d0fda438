import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { type Example, startExample } from './child.ts';

let shop: Example;
test.before(async () => {
  shop = await startExample('shop');
});
test.after.always(() => shop?.stop());

const ask = (path: string, init?: RequestInit) => fetch(shop.url + path, init);
const post = (path: string, body?: Uint8Array<ArrayBuffer>) => ask(path, { method: 'POST', body });

test('quick routes answer', async (t) => {
  t.is(await (await ask('/')).text(), 'loadline example shop\n');
  t.deepEqual(await (await ask('/healthz')).json(), { ok: true });
});

test('products wait and answer; an unknown one and an unknown page are 404', async (t) => {
  t.is(((await (await ask('/api/products')).json()) as unknown[]).length, 40);
  t.like(await (await ask('/api/products/7')).json(), { id: 7, name: 'Product 7' });
  for (const path of ['/api/products/41', '/api/products/x', '/no/such/page', '/api/orgs/acme']) {
    t.is((await ask(path)).status, 404, path);
  }
});

test('a cart takes items and is paid, refused, or fails', async (t) => {
  const item = await post('/api/carts/5/items');
  t.is(item.status, 201);
  t.deepEqual(await item.json(), { cart: '5', product: 6 });
  t.deepEqual(await (await post('/api/carts/not-a-number/items')).json(), { cart: 'not-a-number', product: 1 });
  t.deepEqual(await (await post('/api/carts/5/pay')).json(), { cart: '5', paid: true });
  t.is((await post('/api/carts/5/pay?card=declined')).status, 402);
  const broken = await post('/api/carts/5/pay?card=broken');
  t.is(broken.status, 500);
  t.deepEqual(await broken.json(), { error: 'payment provider did not answer' });
});

test('a report keeps the CPU busy for as long as it was asked to', async (t) => {
  const began = performance.now();
  const report = (await (await ask('/api/orgs/acme/reports/9?ms=100')).json()) as { org: string; digest: string };
  t.true(performance.now() - began >= 100);
  t.is(report.org, 'acme');
  t.regex(report.digest, /^[0-9a-f]{64}$/);
  for (const ms of ['-5', 'x', '', 'Infinity']) t.is((await ask(`/api/orgs/acme/reports/9?ms=${ms}`)).status, 200);
});

test('an upload is read to its end', async (t) => {
  const body = new Uint8Array(300_000).fill(7);
  const answer = await (await post('/api/orgs/acme/photos', body)).json();
  const sha256 = createHash('sha256').update(body).digest('hex');
  t.deepEqual(answer, { org: 'acme', bytes: 300_000, sha256 });
});

test('an upload that its client gives up does not hurt the shop', async (t) => {
  const request = http.request(`${shop.url}/api/orgs/acme/photos`, { method: 'POST' });
  request.write('half');
  await sleep(100);
  request.destroy();
  await t.throwsAsync(once(request, 'close'), { code: 'ECONNRESET' });
  t.is((await ask('/healthz')).status, 200);
});

test('an export streams its rows slowly', async (t) => {
  const response = await ask('/api/orgs/acme/exports/3');
  let chunks = 0;
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    chunks++;
    text += decoder.decode(chunk, { stream: true });
  }
  t.is(text.trimEnd().split('\n').length, 12);
  t.true(chunks > 3);
});

test('the page that leaks answers', async (t) => {
  t.is((await (await ask('/recommendations/ann')).text()).length, 10_000);
});

test('the stock sampler stands in the set before anyone asks', (t) => {
  const code = `
    await import(${JSON.stringify(new URL('../../examples/shop/stock.js', import.meta.url).href)});
    const [sampler] = globalThis[Symbol.for('metric-samplers.v1')];
    const values = [];
    sampler.sample({ put: (metric, value, attributes) => values.push([metric.name, value, attributes.product]) });
    console.log(JSON.stringify(values.slice(0, 1).concat(values.length)));`;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' });
  t.deepEqual(JSON.parse(stdout), [['shop.stock.level', 500, 1], 40]);
});

test('SIGTERM lets a request in flight finish, then ends the shop with exit code 0', async (t) => {
  const other = await startExample('shop');
  const response = await fetch(`${other.url}/api/orgs/acme/exports/1`);
  const ended = other.stop();
  t.is((await response.text()).trimEnd().split('\n').length, 12);
  t.deepEqual([...(await ended)], [0, null]);
  t.is(other.errors(), '');
});

test('a taken port is one clear line and exit code 1', async (t) => {
  const port = new URL(shop.url).port;
  const error = await t.throwsAsync(startExample('shop', { env: { PORT: port } }));
  t.is(
    error?.message,
    `shop ended with 1: shop: cannot listen on 127.0.0.1:${port} (EADDRINUSE). Set PORT to a free port.\n`,
  );
});
