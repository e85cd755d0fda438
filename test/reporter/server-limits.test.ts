import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import type { Handler } from '../../src/reporter/adapter.ts';
import { createReporterServer } from '../../src/reporter/server.ts';
import { answered, ask, closed, hello, open, raw, run, statusOf } from './running-server.ts';

test('requests with a body are refused unread', async (t) => {
  const { port, url } = await run(t);
  t.is((await fetch(`${url}/metrics`, { method: 'POST', body: 'x' })).status, 413);
  const endless = open(t, port);
  endless.write('POST /metrics HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n');
  const chunk = `ffff\r\n${'x'.repeat(0xffff)}\r\n`;
  const feed = setInterval(() => endless.writable && endless.write(chunk), 5);
  t.teardown(() => clearInterval(feed));
  await closed(endless);
  const expecting = await raw(
    t,
    port,
    'PUT /metrics HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 99999999999\r\n\r\n',
  );
  t.is(statusOf(expecting), 413);
  t.is(statusOf(await ask(t, port, '/metrics', ['Host: localhost', 'Content-Length: 0'])), 200);
});

test('garbage is a 400 and large headers a 431', async (t) => {
  const { port, url } = await run(t);
  t.is(statusOf(await raw(t, port, 'nonsense\r\n\r\n')), 400);
  t.is(statusOf(await raw(t, port, Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0xfc]))), 400);
  t.is(statusOf(await ask(t, port, '/metrics', ['Host: localhost', `X: ${'x'.repeat(9000)}`])), 431);
  t.is((await fetch(`${url}/metrics`)).status, 200);
});

test('clients that say nothing or too little are cut', async (t) => {
  const { port } = await run(t, { limits: { headersTimeout: 300, requestTimeout: 600 } });
  const silent = open(t, port);
  const slow = open(t, port);
  slow.write('GET /metrics HTTP/1.1\r\nHost: localhost\r\n');
  const drip = setInterval(() => slow.writable && slow.write('X: y\r\n'), 50);
  t.teardown(() => clearInterval(drip));
  for (const socket of [silent, slow]) socket.resume();
  await Promise.all([closed(silent), closed(slow)]);
  t.pass();
});

test('a client that does not read its answer is cut, and so is a handler that never ends', async (t) => {
  let closed = 0;
  const big: Handler = (_request, response) => {
    response.once('close', () => closed++);
    response.end(Buffer.alloc(50_000_000));
  };
  const silent: Handler = (_request, response) => {
    response.once('close', () => closed++);
  };
  const { port } = await run(t, { routes: { '/big': big, '/silent': silent }, limits: { answerTimeout: 300 } });
  const reader = open(t, port);
  reader.pause();
  reader.write('GET /big HTTP/1.1\r\nHost: localhost\r\n\r\n');
  t.is(await ask(t, port, '/silent', ['Host: localhost']), '');
  for (let i = 0; i < 100 && closed < 2; i++) await sleep(50);
  t.is(closed, 2);
});

test('idle connections lock nobody out', async (t) => {
  const { port, url } = await run(t, { limits: { connections: 4 } });
  for (let i = 0; i < 12; i++) {
    const socket = open(t, port);
    socket.write('GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n');
    t.true(await answered(socket));
  }
  t.is((await fetch(`${url}/metrics`)).status, 200);
});

test('connections over the limit are dropped and the server recovers', async (t) => {
  const { port, url } = await run(t, { limits: { connections: 3, headersTimeout: 300 } });
  const silent = Array.from({ length: 10 }, () => open(t, port).resume());
  await Promise.all(silent.map((socket) => closed(socket)));
  t.is((await fetch(`${url}/metrics`)).status, 200);
});

test('close ends idle, silent and busy connections and frees the port', async (t) => {
  const never: Handler = () => {};
  const { server, port } = await run(t, { routes: { '/never': never, '/metrics': hello } });
  const sockets = [open(t, port), open(t, port), open(t, port)].map((socket) => socket.resume());
  const ended = Promise.all(sockets.map((socket) => closed(socket)));
  sockets[0]!.write('GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n');
  sockets[1]!.write('GET /never HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await once(sockets[0]!, 'data');
  await Promise.all([server.close(), server.close()]);
  await server.close();
  await ended;
  const next = createServer().listen(port, '127.0.0.1');
  await once(next, 'listening');
  next.close();
  t.pass();
});

test('an answer under way is delivered while the server closes', async (t) => {
  let started = () => {};
  const busy = new Promise<void>((resolve) => {
    started = resolve;
  });
  const slow: Handler = async (_request, response) => {
    started();
    await sleep(50);
    response.end('slow');
  };
  const { server, url } = await run(t, { routes: { '/slow': slow }, limits: { closeGrace: 5000 } });
  const answer = fetch(`${url}/slow`).then((response) => response.text());
  await busy;
  const start = performance.now();
  await server.close();
  t.true(performance.now() - start < 4000);
  t.is(await answer, 'slow');
});

test('close works before listen, and right after it', async (t) => {
  const options = { host: '127.0.0.1', port: 0, routes: {}, log: () => {} };
  await createReporterServer(options).close();
  const server = createReporterServer(options);
  const listening = server.listen();
  await server.close();
  const { url } = await listening;
  await t.throwsAsync(fetch(`${url}/health`));
});
