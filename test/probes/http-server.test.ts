import { createServer, request as httpRequest, type RequestListener } from 'node:http';
import { createServer as createHttpsServer, request as httpsRequest } from 'node:https';
import type { Server, Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { setRoute } from '../../src/probes/set-route.ts';
import { DURATION_BOUNDS } from '../../src/snapshot/metric.ts';
import { countOf, type HistogramPoint } from '../../src/snapshot/snapshot.ts';
import { cert, key } from '../support/certificate.ts';
import { close, dial, head, lastHead, listen, readAll, talk } from '../support/connect.ts';
import { Probed, type ProbedOptions } from '../support/probed.ts';

const DURATION = 'http.server.request.duration';
const ACTIVE = 'http.server.active_requests';

/** A probed server for one test; both end with it. */
async function serve(t: ExecutionContext, listener: RequestListener, options?: ProbedOptions) {
  const server = createServer(listener);
  const port = await listen(server);
  const probed = new Probed(options);
  t.teardown(async () => {
    await close(server);
    probed.stop();
    if (probed.warnings.length > 0) throw new Error(probed.warnings.join());
  });
  return { server, port, probed };
}

test.serial('a request is one duration with the attributes of the semantic conventions', async (t) => {
  const { port, probed } = await serve(t, (_req, res) => res.end('ok'));
  await talk(port, lastHead('GET /a?b=c'));
  const [point] = probed.points(DURATION);
  t.deepEqual(point!.attributes, {
    'http.request.method': 'GET',
    'url.scheme': 'http',
    'network.protocol.version': '1.1',
    'http.response.status_code': 200,
  });
  const { counts, sum, exponential } = point!.value as HistogramPoint;
  t.is(countOf({ counts, sum }), 1);
  t.is(counts.length, DURATION_BOUNDS.length + 1);
  t.true(sum > 0 && sum < 5);
  t.is(
    Array.from(exponential!.counts).reduce((a, b) => a + b, exponential!.zeroCount),
    1,
  );
  t.deepEqual(probed.points(ACTIVE), [
    {
      attributes: { 'http.request.method': 'GET', 'url.scheme': 'http' },
      startTime: probed.reader.header('startTime'),
      value: 0,
    },
  ]);
});

test.serial('HTTP/1.0 and HTTPS are told apart by version and scheme', async (t) => {
  const { port, probed } = await serve(t, (_req, res) => res.end('ok'));
  await talk(port, 'GET / HTTP/1.0\r\n\r\n');
  t.is(probed.total(DURATION, { 'network.protocol.version': '1.0', 'url.scheme': 'http' }), 1);

  const server = createHttpsServer({ cert, key }, (_req, res) => res.end('ok'));
  const securePort = await listen(server);
  t.teardown(() => close(server));
  await new Promise((resolve, reject) => {
    const options = { port: securePort, rejectUnauthorized: false, agent: false };
    const req = httpsRequest(options, (res) => res.resume().on('end', resolve));
    req.on('error', reject).end();
  });
  t.true(await probed.idle());
  t.is(probed.total(DURATION, { 'network.protocol.version': '1.1', 'url.scheme': 'https' }), 1);
  t.is(probed.total(ACTIVE, { 'url.scheme': 'https' }), 0);
  t.is(probed.total(DURATION), 2);
});

test.serial('methods of RFC 9110 and PATCH have their name, others are _OTHER', async (t) => {
  const { port, probed } = await serve(t, (_req, res) => res.end());
  const named = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'PATCH'];
  for (const method of [...named, 'PROPFIND', 'SUBSCRIBE', 'MKCOL']) {
    await talk(port, lastHead(`${method} /`, 'Content-Length: 0'));
  }
  for (const method of named) t.is(probed.total(DURATION, { 'http.request.method': method }), 1, method);
  t.is(probed.total(DURATION, { 'http.request.method': '_OTHER' }), 3);
  t.is(probed.total(DURATION), named.length + 3);
});

test.serial('a status of 500 and more is an error type, one below is none', async (t) => {
  const { port, probed } = await serve(t, (req, res) => res.writeHead(Number(req.url!.slice(1))).end());
  for (const status of [200, 204, 301, 304, 400, 404, 418, 499, 500, 503, 599, 999]) {
    await talk(port, lastHead(`GET /${status}`));
    const [point, ...more] = probed.points(DURATION, { 'http.response.status_code': status });
    t.deepEqual(more, []);
    t.is(point!.attributes['error.type'], status >= 500 ? String(status) : undefined);
  }
});

test.serial('an answer that Node gives by itself counts like one of the app', async (t) => {
  const { port, probed } = await serve(t, (_req, res) => res.end());
  await talk(port, 'GET / HTTP/1.1\r\n\r\n');
  t.is(probed.total(DURATION, { 'http.response.status_code': 400 }), 1, 'no Host');
  await talk(port, lastHead('GET /', 'Expect: the-unexpected'));
  t.is(probed.total(DURATION, { 'http.response.status_code': 417 }), 1);
});

test.serial('what is no request is not counted: garbage, silence, half a head', async (t) => {
  const { port, probed } = await serve(t, (_req, res) => res.end());
  t.regex(await talk(port, 'garbage\r\n\r\n'), /^HTTP\/1.1 400/);
  for (const bytes of ['', 'GET / HT', 'GET / HTTP/1.1\r\nHost: x\r\n']) {
    const socket = await dial(port);
    socket.end(bytes);
    await readAll(socket);
  }
  await talk(port, lastHead('GET /'));
  t.is(probed.total(DURATION), 1);
  t.is(probed.active, 0);
});

test.serial('a request is active, in progress and in a slot from its head to its last byte', async (t) => {
  let answer = () => {};
  const { port, probed } = await serve(t, (_req, res) => {
    answer = () => res.end();
  });
  const socket = await dial(port);
  socket.write(head('GET /long?who=me'));
  t.true(await probed.until(() => probed.active === 1));
  t.is(probed.inProgress, 1);
  const [inFlight] = probed.reader.inFlight();
  t.like(inFlight, { method: 'GET', path: '/long', phase: 'handle' });
  t.is(probed.total(DURATION), 0);
  answer();
  t.true(await probed.idle());
  t.is(probed.inProgress, 0);
  t.deepEqual(probed.reader.inFlight(), []);
  t.is(probed.total(DURATION), 1);
  socket.destroy();
});

test.serial('bounds can be set per metric', async (t) => {
  const bounds = { [DURATION]: [0.1, 60], 'loadline.http.phase.duration': [1] };
  const { port, probed } = await serve(t, (_req, res) => void setTimeout(() => res.end(), 150), { bounds });
  await talk(port, lastHead('GET /'));
  t.deepEqual(Array.from((probed.points(DURATION)[0]!.value as HistogramPoint).counts), [0, 1, 0]);
  const handle = probed.points('loadline.http.phase.duration', { phase: 'handle' });
  t.deepEqual(Array.from((handle[0]!.value as HistogramPoint).counts), [1, 0]);
});

test.serial('setRoute names the route of every number that has one', async (t) => {
  const { port, probed } = await serve(t, (req, res) => {
    setRoute(req, '/users/:id');
    if (req.url === '/users/3') res.destroy();
    else res.end();
  });
  await talk(port, lastHead('GET /users/1'));
  await talk(port, lastHead('GET /users/2'));
  await talk(port, lastHead('GET /users/3'));
  t.true(await probed.idle());
  const route = { 'http.route': '/users/:id' };
  t.is(probed.total(DURATION, route), 3);
  t.is(probed.total('loadline.http.aborted', route), 1);
  t.is(probed.total('loadline.http.phase.duration', { ...route, phase: 'handle' }), 3);
  t.is(probed.total(DURATION), 3);
});

test.serial('a request without a route has no http.route, never its URL', async (t) => {
  const { port, probed } = await serve(t, (_req, res) => res.end());
  for (let i = 0; i < 20; i++) await talk(port, lastHead(`GET /secret-${i}`));
  t.is(probed.points(DURATION).length, 1);
  t.false(JSON.stringify(probed.reader.metrics()).includes('secret'));
});

test.serial('requests are left out by path, with or without a query, and by prefix', async (t) => {
  const { port, probed } = await serve(t, (_req, res) => res.end(), { ignoreRoutes: ['/health', '/internal/*'] });
  for (const path of ['/health', '/health?deep=1', '/internal/', '/internal/a/b?c']) {
    await talk(port, lastHead(`GET ${path}`, 'X-Request-Start: t=1'));
  }
  t.is(probed.total(DURATION), 0);
  t.is(probed.total('loadline.http.queue.discarded'), 0);
  for (const path of ['/healthy', '/Health', '/health/', '/internal', '/']) await talk(port, lastHead(`GET ${path}`));
  t.is(probed.total(DURATION), 5);
});

test.serial('requests are left out by route, and are not active for ever', async (t) => {
  const listener: RequestListener = (req, res) => {
    setRoute(req, req.url === '/up' ? '/:probe' : '/:page');
    res.end();
  };
  const { port, probed } = await serve(t, listener, { ignoreRoutes: ['/:probe'] });
  await talk(port, lastHead('GET /up'));
  await talk(port, lastHead('GET /down'));
  t.is(probed.total(DURATION), 1);
  t.is(probed.total('loadline.http.phase.duration', { phase: 'handle' }), 1);
  t.is(probed.active, 0);
  t.is(probed.inProgress, 0);
});

test.serial('keep-alive: many requests of one connection count one by one', async (t) => {
  const { port, probed } = await serve(t, (_req, res) => res.end('x'));
  await talk(port, head('GET /').repeat(49) + lastHead('GET /'));
  t.is(probed.total(DURATION, { 'http.response.status_code': 200 }), 50);
  t.is(probed.active, 0);
});

test.serial('an agent that stops and starts again while a request is open keeps its books', async (t) => {
  const answers: (() => void)[] = [];
  const { server, port, probed } = await serve(t, (_req, res) => void answers.push(() => res.end()));
  const sockets: Socket[] = [];
  const ask = async (path: string) => {
    const socket = await dial(port);
    sockets.push(socket);
    const before = answers.length;
    socket.write(head(`GET ${path}`));
    t.true(await probed.until(() => answers.length === before + 1));
  };
  await ask('/before');
  probed.stop();
  t.is(probed.active, 0, 'what is open at the stop is not active any more');
  await ask('/between');
  const again = new Probed({ store: probed.store });
  t.teardown(() => again.stop());
  await ask('/after');
  t.deepEqual(
    again.reader.inFlight().map(({ path }) => path),
    ['/after'],
  );
  answers[0]!();
  answers[1]!();
  const [old, between] = await Promise.all(sockets.slice(0, 2).map((socket) => firstBytes(socket)));
  t.regex(old! + between!, /200 OK/);
  t.is(again.active, 1);
  t.is(again.inProgress, 1);
  t.deepEqual(
    again.reader.inFlight().map(({ path }) => path),
    ['/after'],
  );
  answers[2]!();
  t.true(await again.idle());
  t.is(again.inProgress, 0);
  t.is(again.total(DURATION), 1, 'of the three, one began and ended under one agent');
  t.true(server.listening);
});

async function firstBytes(socket: Socket): Promise<string> {
  return new Promise((resolve) => socket.once('data', (chunk) => resolve(String(chunk))));
}

test.serial('a client of this process is no request of its server', async (t) => {
  const other: Server = createServer((_req, res) => res.end('other'));
  const otherPort = await listen(other);
  t.teardown(() => close(other));
  const { port, probed } = await serve(t, (_req, res) => {
    httpRequest({ port: otherPort, path: '/inner', agent: false }, (inner) => inner.pipe(res)).end();
  });
  t.regex(await talk(port, lastHead('GET /outer')), /other/);
  t.true(await probed.idle());
  t.is(probed.total(DURATION), 2, 'the outer one and the inner one, each as its server sees it');
});
