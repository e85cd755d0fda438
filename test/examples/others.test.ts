import test from 'ava';
import { startExample } from './child.ts';

test('sampler: the cache answers and counts', async (t) => {
  const example = await startExample('sampler');
  const ask = async (path: string) => fetch(example.url + path);
  t.deepEqual(await (await ask('/squares/12')).json(), { square: 144, cached: false });
  t.deepEqual(await (await ask('/squares/12')).json(), { square: 144, cached: true });
  t.is((await ask('/squares/x')).status, 404);
  for (let number = 100; number < 220; number++) await ask(`/squares/${number}`).then((answer) => answer.text());
  t.deepEqual(await (await ask('/squares/12')).json(), { square: 144, cached: false });
  await example.stop();
  t.is(example.errors(), '');
});

test('sampler: the library puts hits, misses and size into any sink', async (t) => {
  const { LruCache } = await import('../../examples/sampler/lru.ts');
  const cache = new LruCache<number>('test', 2);
  cache.set('a', 1);
  cache.set('b', 2);
  t.is(cache.get('a'), 1);
  cache.set('c', 3);
  t.is(cache.get('b'), undefined);
  const key = Symbol.for('metric-samplers.v1');
  const samplers = (globalThis as { [key: symbol]: Set<{ sample(sink: object): void }> })[key]!;
  const values: unknown[] = [];
  const put = (metric: { name: string }, value: number, attributes: object) =>
    values.push([metric.name, value, attributes]);
  for (const sampler of samplers) sampler.sample({ put });
  t.deepEqual(values, [
    ['lru.hits', 1, { cache: 'test' }],
    ['lru.misses', 1, { cache: 'test' }],
    ['lru.size', 2, { cache: 'test' }],
  ]);
});

test('plain-http: pages answer, unknown ones are 404', async (t) => {
  const example = await startExample('plain-http');
  t.is(await (await fetch(`${example.url}/users/ann?x=1`)).text(), 'hello ann\n');
  t.is((await fetch(`${example.url}/`)).status, 200);
  t.is((await fetch(`${example.url}/nowhere`)).status, 404);
  await example.stop();
  t.is(example.errors(), '');
});

test('fastify: routes answer, refuse and fail', async (t) => {
  const example = await startExample('fastify');
  t.deepEqual(await (await fetch(`${example.url}/books/12`)).json(), { id: '12' });
  t.is((await fetch(`${example.url}/books/x`)).status, 404);
  t.is((await fetch(`${example.url}/books/broken`)).status, 500);
  const json = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"title":"ü"}' };
  t.deepEqual(await (await fetch(`${example.url}/books/`, json)).json(), { received: { title: 'ü' } });
  t.is((await fetch(`${example.url}/nowhere`)).status, 404);
  await example.stop();
  t.is(example.errors(), '');
});
