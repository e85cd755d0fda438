import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import type { Handler } from '../../src/reporter/adapter.ts';
import { createReporterServer, type ReporterServer, type ReporterServerOptions } from '../../src/reporter/server.ts';

interface Running {
  readonly server: ReporterServer;
  readonly url: string;
  readonly port: number;
  readonly lines: string[];
}

const hello: Handler = (_request, response) => {
  response.end('hello');
};

async function run(t: ExecutionContext, options: Partial<ReporterServerOptions> = {}): Promise<Running> {
  const lines: string[] = [];
  const log = (line: string) => lines.push(line);
  const server = createReporterServer({ host: '127.0.0.1', port: 0, routes: { '/metrics': hello }, log, ...options });
  t.teardown(() => server.close());
  const { url } = await server.listen();
  return { server, url, port: Number(new URL(url).port), lines };
}

function open(t: ExecutionContext, port: number, host = '127.0.0.1'): Socket {
  const socket = connect(port, host);
  socket.on('error', () => socket.destroy());
  t.teardown(() => socket.destroy());
  return socket;
}

/** However it ends: `once` would reject on a reset. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

/** Sends bytes and gives all that comes back until the server ends the connection. */
async function raw(t: ExecutionContext, port: number, bytes: string | Buffer): Promise<string> {
  const socket = open(t, port);
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
  });
  socket.write(bytes);
  await closed(socket);
  return text;
}

const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]);

function ask(t: ExecutionContext, port: number, target: string, headers: readonly string[], version = '1.1') {
  return raw(t, port, [`GET ${target} HTTP/${version}`, ...headers, 'Connection: close', '', ''].join('\r\n'));
}

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
    await once(socket, 'data');
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
