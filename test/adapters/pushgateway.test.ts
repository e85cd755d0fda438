import { createServer } from 'node:net';
import test from 'ava';
import createPushgateway, { type PushgatewayOptions } from '../../adapters/pushgateway.ts';
import type { Snapshot } from '../../src/snapshot/snapshot.ts';
import { of, snapshotOf } from '../exposition/showing.ts';
import { freePort } from '../support/ports.ts';
import { startGateway, status, watchedContext } from './pushgateway-server.ts';

const SNAPSHOT: Snapshot = snapshotOf(
  [
    of({ name: 'jobs', kind: 'counter' }, [
      [{ queue: 'a' }, 3],
      [{ queue: 'b' }, 4],
    ]),
  ],
  { 'service.name': 'importer' },
);

async function make(options: PushgatewayOptions) {
  const context = watchedContext();
  const adapter = await createPushgateway(options, context);
  const push = (limit = 5000, snapshot = SNAPSHOT) => adapter.push!(snapshot, AbortSignal.timeout(limit));
  return { adapter, context, push };
}

test('A push replaces the group of the service with text 0.0.4 and counts its points', async (t) => {
  const { url, received } = await startGateway(t);
  const { push, context } = await make({ url });
  await push();
  t.is(received.length, 1);
  const { method, path, headers, body } = received[0]!;
  t.deepEqual([method, path], ['PUT', '/metrics/job/importer']);
  t.is(headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
  t.is(headers.authorization, undefined);
  t.regex(body, /^jobs_total\{queue="a"\} 3$/m);
  t.deepEqual(context.counts, { sent: 2 });
});

test('Job and grouping are the path, and values that a path cannot hold go as base64', async (t) => {
  const { url, received } = await startGateway(t);
  const grouping = {
    instance: 'h-1:80',
    path: '/var/tmp',
    empty: '',
    dots: '..',
    word: 'größe x%2F?#',
    half: '\ud800',
  };
  const { push } = await make({ url: `${url}/gate/way/`, job: 'a/b', grouping });
  await push();
  t.is(
    received[0]!.path,
    '/gate/way/metrics/job@base64/YS9i/instance/h-1%3A80/path@base64/L3Zhci90bXA/empty@base64/=/dots@base64/Li4' +
      '/word/gr%C3%B6%C3%9Fe%20x%252F%3F%23/half/%EF%BF%BD',
  );
});

test('User and password of the URL become basic authentication and show nowhere', async (t) => {
  const { url, received } = await startGateway(t, status(403, 'not you'));
  const { push } = await make({ url: url.replace('://', '://me:s%3Acr%40t@') });
  const error = await t.throwsAsync(push());
  t.is(received[0]!.headers.authorization, `Basic ${Buffer.from('me:s:cr@t').toString('base64')}`);
  t.notRegex(error!.message, /cr@t|cr%40t/);
});

test('A 4xx is not tried again, and the message is the server’s own, on one line', async (t) => {
  const { url, received } = await startGateway(t, status(400, 'pushed metrics are\n invalid'));
  const { push, context } = await make({ url });
  const error = await t.throwsAsync(push());
  t.regex(error!.message, /answered 400 \(pushed metrics are invalid\)$/);
  t.is(received.length, 1);
  t.deepEqual(context.counts, {});
});

test('5xx and broken connections are tried again until the push is in, and it counts once', async (t) => {
  const { url, received } = await startGateway(t, (response, number) => {
    if (number === 1) response.writeHead(503).end('soon');
    else if (number === 2) response.destroy();
    else if (number === 3) response.writeHead(500, { 'Content-Length': '100' }).write('half', () => response.destroy());
    else response.writeHead(202).end();
  });
  const { push, context } = await make({ url });
  await push(20_000);
  t.is(received.length, 4);
  t.true(received.every(({ body }) => body === received[0]!.body));
  t.deepEqual(context.counts, { sent: 2 });
});

test('When time is up the last failure is told, not the abort', async (t) => {
  const { url, received } = await startGateway(t, status(503, 'overloaded'));
  const { push, context } = await make({ url });
  const error = await t.throwsAsync(push(900));
  t.regex(error!.message, /answered 503 \(overloaded\)$/);
  t.true(received.length >= 2 && received.length <= 8, `${received.length} attempts`);
  t.deepEqual(context.counts, {});
});

test('A server that never answers is given up by the timeout and asked again', async (t) => {
  const { url, received } = await startGateway(t, (response, number) => {
    if (number > 1) response.end();
  });
  const { push } = await make({ url, timeout: 100 });
  await push(20_000);
  t.is(received.length, 2);
});

test('A push ends when its signal aborts, whatever the server does', async (t) => {
  const { url } = await startGateway(t, () => undefined);
  const { push } = await make({ url });
  const error = await t.throwsAsync(push(150));
  t.regex(error!.message, /no answer in time/);
});

test('A refused connection is told with its cause', async (t) => {
  const { push } = await make({ url: `http://127.0.0.1:${await freePort()}` });
  const error = await t.throwsAsync(push(300));
  t.regex(error!.message, /ECONNREFUSED/);
});

test('A server that speaks no HTTP, and an endless answer, do no harm', async (t) => {
  const garbage = createServer((socket) => socket.end('+OK ready\r\n')).listen(0, '127.0.0.1');
  t.teardown(() => garbage.close());
  await new Promise((resolve) => garbage.once('listening', resolve));
  const { port } = garbage.address() as { port: number };
  const first = await make({ url: `http://127.0.0.1:${port}` });
  await t.throwsAsync(first.push(300), { message: /Parse Error|ECONNRESET|hang up/ });

  const { url } = await startGateway(t, (response) => {
    response.writeHead(400);
    const more = setInterval(() => response.write('x'.repeat(10_000)), 1);
    response.on('close', () => clearInterval(more));
  });
  const second = await make({ url, timeout: 200 });
  const error = await t.throwsAsync(second.push(500));
  t.true(error!.message.length < 1000);
});

test('close deletes the group only if that was asked for, once, and only after a push', async (t) => {
  const { url, received } = await startGateway(t);
  const close = (adapter: { close?(signal: AbortSignal): Promise<void> }) => adapter.close!(AbortSignal.timeout(2000));
  const kept = await make({ url });
  await kept.push();
  await close(kept.adapter);
  const unused = await make({ url, delete: true });
  await close(unused.adapter);
  const deleting = await make({ url, delete: true, grouping: { instance: 'x' } });
  await deleting.push();
  await close(deleting.adapter);
  await close(deleting.adapter);
  t.deepEqual(
    received.map(({ method, path }) => `${method} ${path}`),
    ['PUT /metrics/job/importer', 'PUT /metrics/job/importer/instance/x', 'DELETE /metrics/job/importer/instance/x'],
  );
});

test('What the text cannot show is counted as dropped and named', async (t) => {
  const { url } = await startGateway(t);
  const { push, context } = await make({ url });
  const both = [of({ name: 'a.b', kind: 'counter' }, [[{}, 1]]), of({ name: 'a_b_total', kind: 'gauge' }, [[{}, 1]])];
  await push(2000, snapshotOf(both));
  t.deepEqual(context.counts, { sent: 1, dropped: 1 });
  t.regex(context.lines.join(), /a_b_total/);
});
