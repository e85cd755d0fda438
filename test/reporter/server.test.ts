import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import type { Handler } from '../../src/reporter/adapter.ts';
import { createReporterServer } from '../../src/reporter/server.ts';
import { ask, hello, raw, run, statusOf } from './running-server.ts';

test('a route answers, with the security header', async (t) => {
  const { url } = await run(t);
  const response = await fetch(`${url}/metrics?x=1`);
  t.is(response.status, 200);
  t.is(await response.text(), 'hello');
  t.is(response.headers.get('x-content-type-options'), 'nosniff');
});

test('health is small JSON, also by HEAD, and nothing else', async (t) => {
  const { url } = await run(t);
  const response = await fetch(`${url}/health`);
  t.is(response.headers.get('content-type'), 'application/json');
  const health = (await response.json()) as { status: string; uptime: number };
  t.is(health.status, 'ok');
  t.true(Number.isInteger(health.uptime));
  const head = await fetch(`${url}/health`, { method: 'HEAD' });
  t.deepEqual([head.status, await head.text()], [200, '']);
  const put = await fetch(`${url}/health`, { method: 'DELETE' });
  t.deepEqual([put.status, put.headers.get('allow')], [405, 'GET, HEAD']);
});

test('the root and unknown paths are 404 and name the paths there are', async (t) => {
  const { url } = await run(t);
  for (const path of ['/', '/nothing', '/metrics/', '/METRICS', '/constructor', '/__proto__']) {
    const response = await fetch(url + path);
    t.is(response.status, 404, path);
    t.regex(await response.text(), /\/metrics \/health/);
  }
});

test('a root that an adapter brings is served', async (t) => {
  const { url } = await run(t, { routes: { '/': hello } });
  t.is(await (await fetch(url)).text(), 'hello');
});

test('odd targets are taken as they are', async (t) => {
  const { port } = await run(t);
  const local = ['Host: localhost'];
  t.is(statusOf(await ask(t, port, 'http://localhost/metrics?a#b', local)), 200);
  t.is(statusOf(await ask(t, port, 'http://localhost', local)), 404);
  t.is(statusOf(await ask(t, port, '//metrics', local)), 404);
  t.is(statusOf(await ask(t, port, '//evil.example/metrics', local)), 404);
  t.is(statusOf(await ask(t, port, '/%6detrics', local)), 404);
  t.is(statusOf(await ask(t, port, '/metrics?//evil.example', local)), 200);
  t.is(statusOf(await ask(t, port, 'http://evil.example/metrics', local)), 403);
  t.is(statusOf(await raw(t, port, 'OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')), 404);
});

test('on loopback only names of this machine are answered', async (t) => {
  const { port } = await run(t);
  for (const host of ['localhost', 'LOCALHOST:1', '127.0.0.1:9464', '127.9.9.9', '[::1]:9464', '[::ffff:7f00:1]']) {
    t.is(statusOf(await ask(t, port, '/metrics', [`Host: ${host}`])), 200, host);
  }
  const foreign = [
    'evil.example',
    'localhost.evil.example',
    '10.0.0.1',
    '127.0.0.1.nip.io',
    '[::2]',
    'a@localhost',
    '',
    'x"y',
  ];
  for (const host of [...foreign, 'localhost:x', '::1', '128.0.0.1', '0.0.0.0', '[localhost]', 'localhost:80:80']) {
    const answer = await ask(t, port, '/health', [`Host: ${host}`]);
    t.is(statusOf(answer), 403, host);
    t.regex(answer, /OTEL_EXPORTER_PROMETHEUS_HOST/);
    t.is(answer.split('\r\n\r\n')[1]?.split('\n').length, 2);
  }
});

test('HTTP/1.0 needs no host, HTTP/1.1 does', async (t) => {
  const { port } = await run(t);
  t.is(statusOf(await ask(t, port, '/metrics', [], '1.0')), 200);
  t.is(statusOf(await ask(t, port, '/metrics', [])), 400);
});

test('bound elsewhere every name is answered', async (t) => {
  const { url, port } = await run(t, { host: '0.0.0.0' });
  t.is(url, `http://127.0.0.1:${port}`);
  t.is(statusOf(await ask(t, port, '/metrics', ['Host: metrics.example'])), 200);
});

for (const host of ['localhost', '127.0.0.1', '0.0.0.0', '::', '::1']) {
  test(`the URL of a server bound to ${host} opens`, async (t) => {
    const running = await run(t, { host }).catch((error: NodeJS.ErrnoException) => error);
    if (running instanceof Error) {
      t.true(host.includes(':') && ['EADDRNOTAVAIL', 'EAFNOSUPPORT'].includes(running.code ?? ''), running.message);
      return;
    }
    t.is((await fetch(`${running.url}/metrics`)).status, 200);
  });
}

test('a port that is taken rejects with its code, and close still works', async (t) => {
  const { port } = await run(t);
  const second = createReporterServer({ host: '127.0.0.1', port, routes: {}, log: () => {} });
  t.like(await t.throwsAsync(second.listen()), { code: 'EADDRINUSE' });
  await second.close();
});

test('an address that is not ours rejects with its code', async (t) => {
  const server = createReporterServer({ host: '192.0.2.1', port: 0, routes: {}, log: () => {} });
  t.like(await t.throwsAsync(server.listen()), { code: 'EADDRNOTAVAIL' });
});

test('a handler that fails is a 500 and one line, and the rest goes on', async (t) => {
  const routes: Record<string, Handler> = {
    '/throws': () => {
      throw new Error('first\nsecond');
    },
    '/rejects': async (_request, response) => {
      response.setHeader('Content-Encoding', 'gzip');
      await sleep(1);
      throw null;
    },
    '/half': (_request, response) => {
      response.writeHead(200, { 'Content-Length': 100 });
      response.write('half');
      throw new Error('half');
    },
    '/late': (_request, response) => {
      response.end('done');
      throw new Error('late');
    },
    '/twice': (_request, response) => {
      response.end('done');
      response.write('more');
    },
    '/fine': hello,
  };
  const { url, lines } = await run(t, { routes });
  for (let i = 0; i < 3; i++) {
    for (const path of ['/throws', '/rejects']) {
      const response = await fetch(url + path);
      t.is(response.status, 500);
      t.is(await response.text(), 'internal error\n');
    }
  }
  await t.throwsAsync(fetch(`${url}/half`).then((response) => response.text()));
  t.is(await (await fetch(`${url}/late`)).text(), 'done');
  t.is(await (await fetch(`${url}/twice`)).text(), 'done');
  t.is(await (await fetch(`${url}/fine`)).text(), 'hello');
  t.deepEqual(lines.slice(0, 4), [
    '/throws failed: Error: first second',
    '/rejects failed: null',
    '/half failed: Error: half',
    '/late failed: Error: late',
  ]);
  t.is(lines.length, 5);
  t.regex(lines[4]!, /^\/twice failed: .*write after end/);
});
