import http, { type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { startFront } from '../../examples/demo/front.ts';
import { type Kind, startLoad } from '../../examples/demo/load.ts';

async function startApp(t: ExecutionContext, listener: RequestListener): Promise<string> {
  const server = http.createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('the front end passes method, path, body, status and headers through and stamps the arrival', async (t) => {
  const target = await startApp(t, async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    response.writeHead(207, { 'x-answer': 'yes' });
    response.end(JSON.stringify([request.method, request.url, body, request.headers['x-request-start']]));
  });
  const front = await startFront({ target });
  t.teardown(front.close);
  const before = Date.now() - 2;
  const response = await fetch(`${front.url}/a/b?c=%20d`, {
    method: 'PUT',
    body: 'text',
    headers: { 'x-request-start': 't=1' },
  });
  t.is(response.status, 207);
  t.is(response.headers.get('x-answer'), 'yes');
  const [method, path, body, stamp] = (await response.json()) as string[];
  t.deepEqual([method, path, body], ['PUT', '/a/b?c=%20d', 'text']);
  t.regex(stamp!, /^t=\d{16}$/);
  const ms = Number(stamp!.slice(2)) / 1000;
  t.true(ms >= before && ms <= Date.now() + 2, stamp);
});

test('requests above the connections to the app wait, and keep the time at which they came', async (t) => {
  let open = 0;
  let most = 0;
  const waits: number[] = [];
  const target = await startApp(t, async (request, response) => {
    waits.push(Date.now() - Number(String(request.headers['x-request-start']).slice(2)) / 1000);
    most = Math.max(most, ++open);
    await sleep(200);
    open--;
    response.end();
  });
  const front = await startFront({ target, connections: 2 });
  t.teardown(front.close);
  await Promise.all(Array.from({ length: 6 }, () => fetch(front.url).then((response) => response.text())));
  t.is(most, 2);
  t.true(Math.max(...waits) >= 150, String(waits));
});

test('above its limit the front end answers 503; an app that is gone is 502', async (t) => {
  const target = await startApp(t, (_request, response) => setTimeout(() => response.end(), 300));
  const front = await startFront({ target, connections: 1, limit: 2 });
  t.teardown(front.close);
  const answers = await Promise.all(Array.from({ length: 4 }, () => fetch(front.url)));
  t.deepEqual(answers.map((answer) => answer.status).sort(), [200, 200, 503, 503]);
  const lonely = await startFront({ target: 'http://127.0.0.1:1' });
  t.teardown(lonely.close);
  t.is((await fetch(lonely.url)).status, 502);
});

test('a client that leaves frees its connection to the app', async (t) => {
  let aborted = 0;
  const target = await startApp(t, (request, response) => {
    if (request.url === '/quick') {
      response.end();
      return;
    }
    response.write('never ends');
    response.once('close', () => aborted++);
  });
  const front = await startFront({ target, connections: 1 });
  t.teardown(front.close);
  const leave = new AbortController();
  await fetch(front.url, { signal: leave.signal });
  const waiting = fetch(`${front.url}/quick`);
  leave.abort();
  t.is((await waiting).status, 200);
  t.is(aborted, 1);
});

test('an app that breaks off in the middle breaks the answer off', async (t) => {
  const target = await startApp(t, (_request, response) => {
    response.writeHead(200, { 'content-length': 100 });
    response.write('some', () => response.destroy());
  });
  const front = await startFront({ target });
  t.teardown(front.close);
  await t.throwsAsync(fetch(front.url).then((response) => response.text()));
});

const kind = (path: string, more: Partial<Kind> = {}): Kind => ({
  weight: 1,
  method: 'GET',
  path: () => path,
  ...more,
});

test('the load keeps its rate although answers are slow, and its books balance', async (t) => {
  const target = await startApp(t, (request, response) => {
    request.resume();
    const status = Number(request.url!.slice(1));
    if (status === 0) request.socket.destroy();
    else setTimeout(() => response.writeHead(status).end(), 300);
  });
  const kinds = [kind('/200'), kind('/404'), kind('/503'), kind('/0'), kind('/201', { patience: 50 })];
  const load = startLoad(target, 200, [...kinds, kind('/202', { method: 'POST', upload: 100_000 })]);
  await sleep(1000);
  await load.stop(10_000);
  const { sent, ok, refused, failed, aborted, broken } = load.tally;
  // A busy machine sleeps longer.
  t.true(sent > 150 && sent < 1000, String(sent));
  t.is(sent, ok + refused + failed + aborted + broken);
  for (const count of [ok, refused, failed, aborted, broken]) t.true(count > 5, JSON.stringify(load.tally));
});

test('a load that is stopped cuts what does not end in time', async (t) => {
  const target = await startApp(t, () => undefined);
  const load = startLoad(target, 50, [kind('/')]);
  await sleep(300);
  await load.stop(50);
  t.true(load.tally.sent > 3);
  t.is(load.tally.broken, load.tally.sent);
  await sleep(100);
  t.is(load.tally.broken, load.tally.sent);
});

test('kinds come as often as their weights say', async (t) => {
  const seen = { a: 0, b: 0, c: 0 };
  const target = await startApp(t, (request, response) => {
    seen[request.url!.slice(1) as 'a']++;
    response.end();
  });
  const load = startLoad(target, 1000, [
    kind('/a', { weight: 8 }),
    kind('/b', { weight: 2 }),
    kind('/c', { weight: 0 }),
  ]);
  await sleep(1000);
  await load.stop(5000);
  t.is(seen.c, 0);
  const part = seen.b / (seen.a + seen.b);
  t.true(part > 0.1 && part < 0.3, JSON.stringify(seen));
});
