import { once } from 'node:events';
import {
  type ClientHttp2Session,
  connect,
  constants,
  createSecureServer,
  createServer,
  type Http2Server,
  type OutgoingHttpHeaders,
  type ServerHttp2Session,
} from 'node:http2';
import { request as httpsRequest } from 'node:https';
import test, { type ExecutionContext } from 'ava';
import { setRoute } from '../../src/probes/set-route.ts';
import { cert, key } from '../support/certificate.ts';
import { listen } from '../support/connect.ts';
import { Probed, type ProbedOptions } from '../support/probed.ts';

const DURATION = 'http.server.request.duration';

/** Probes, then a listening server, then a session to it; all of it ends with the test. */
async function open(t: ExecutionContext, server: Http2Server, options?: ProbedOptions) {
  const probed = new Probed(options);
  const sessions: ServerHttp2Session[] = [];
  server.on('session', (session) => sessions.push(session));
  const port = await listen(server);
  const secure = 'setSecureContext' in server;
  const session = connect(`${secure ? 'https' : 'http'}://localhost:${port}`, { rejectUnauthorized: false });
  session.on('error', () => session.destroy());
  t.teardown(async () => {
    session.destroy();
    // Node 20 keeps sessions whose client left in the middle of a large answer.
    for (const each of sessions) each.destroy();
    await new Promise((resolve) => server.close(resolve));
    probed.stop();
    if (probed.warnings.length > 0) throw new Error(probed.warnings.join());
  });
  return { port, probed, session };
}

/** Resolves with the answer's status and body, or with the error it ended in. */
async function ask(session: ClientHttp2Session, headers: OutgoingHttpHeaders, body?: string) {
  const stream = session.request(headers, { endStream: body === undefined });
  if (body !== undefined) stream.end(body);
  let status: number | undefined;
  let text = '';
  stream.setEncoding('utf8');
  stream.on('response', (sent) => {
    status = sent[':status'];
  });
  stream.on('data', (chunk) => {
    text += chunk;
  });
  let error: Error | undefined;
  stream.on('error', (found) => {
    error = found;
  });
  await new Promise((resolve) => stream.on('close', resolve));
  return { status, text, error };
}

for (const [name, secure] of [
  ['cleartext', false],
  ['TLS', true],
] as const) {
  const make = () => (secure ? createSecureServer({ cert, key }) : createServer());
  const common = { 'url.scheme': secure ? 'https' : 'http', 'network.protocol.version': '2' };

  test.serial(`${name}: the compatibility API is counted like HTTP/1`, async (t) => {
    const server = make();
    server.on('request', (req, res) => {
      setRoute(req, '/page');
      res.statusCode = req.url === '/fail' ? 503 : 200;
      req.resume().on('end', () => res.end('hello'));
    });
    const { probed, session } = await open(t, server);
    t.like(await ask(session, { ':path': '/' }), { status: 200, text: 'hello' });
    t.like(await ask(session, { ':path': '/', ':method': 'POST' }, 'body'), { status: 200 });
    t.like(await ask(session, { ':path': '/fail' }), { status: 503 });
    t.like(await ask(session, { ':path': '/', ':method': 'HEAD' }), { status: 200, text: '' });
    t.true(await probed.until(() => probed.total(DURATION) === 4));
    const route = { 'http.route': '/page' };
    const count = (attributes: Record<string, string | number>) => probed.total(DURATION, attributes);
    t.is(count({ ...common, ...route, 'http.request.method': 'GET', 'http.response.status_code': 200 }), 1);
    t.is(count({ ...common, ...route, 'http.request.method': 'POST', 'http.response.status_code': 200 }), 1);
    t.is(count({ ...common, ...route, 'http.response.status_code': 503, 'error.type': '503' }), 1);
    t.is(count({ ...common, ...route, 'http.request.method': 'HEAD' }), 1);
    t.is(probed.active, 0);
    t.is(probed.total('loadline.http.phase.duration', { phase: 'receive' }), 1, 'only the POST has a body');
  });

  test.serial(`${name}: the stream API is counted`, async (t) => {
    const server = make();
    server.on('stream', (stream, headers) => {
      const path = headers[':path'];
      stream.on('error', () => stream.destroy());
      if (path === '/drop') stream.close(constants.NGHTTP2_INTERNAL_ERROR);
      else if (path === '/empty') stream.respond({ ':status': 204 }, { endStream: true });
      else {
        stream.additionalHeaders({ ':status': 103, link: '</a.css>; rel=preload' });
        stream.respond({ ':status': 201 });
        stream.end('made');
      }
    });
    const { probed, session } = await open(t, server);
    t.like(await ask(session, { ':path': '/' }), { status: 201, text: 'made' });
    t.like(await ask(session, { ':path': '/empty' }), { status: 204, text: '' });
    t.truthy((await ask(session, { ':path': '/drop' })).error);
    t.true(await probed.until(() => probed.total(DURATION) === 3));
    t.is(probed.total(DURATION, { ...common, 'http.response.status_code': 201 }), 1);
    t.is(probed.total(DURATION, { ...common, 'http.response.status_code': 204 }), 1);
    t.is(probed.total(DURATION, { ...common, 'error.type': 'aborted' }), 1);
    t.is(probed.active, 0);
  });
}

test.serial('allowHTTP1: requests of both protocols on one port are told apart', async (t) => {
  const server = createSecureServer({ cert, key, allowHTTP1: true }, (_req, res) => res.end('both'));
  const { port, probed, session } = await open(t, server);
  t.like(await ask(session, { ':path': '/' }), { text: 'both' });
  const req = httpsRequest({ port, rejectUnauthorized: false, agent: false }).end();
  const [res] = await once(req, 'response');
  await once(res.resume(), 'end');
  t.true(await probed.until(() => probed.total(DURATION) === 2));
  t.is(probed.total(DURATION, { 'network.protocol.version': '2', 'url.scheme': 'https' }), 1);
  t.is(probed.total(DURATION, { 'network.protocol.version': '1.1', 'url.scheme': 'https' }), 1);
});

test.serial('a server that listened before the probes is followed when it is handed over', async (t) => {
  const server = createServer((_req, res) => res.end());
  const port = await listen(server);
  const probed = new Probed({ servers: [server, {}, null, undefined] });
  const session = connect(`http://localhost:${port}`);
  t.teardown(() => {
    session.destroy();
    server.close();
    probed.stop();
  });
  await ask(session, { ':path': '/' });
  t.true(await probed.until(() => probed.total(DURATION) === 1));
});

test.serial('when the probes stop, the server has the listeners it had before', async (t) => {
  const server = createServer((_req, res) => res.end());
  const before = server.listeners('stream');
  const { probed, session } = await open(t, server);
  await ask(session, { ':path': '/' });
  t.is(server.listenerCount('stream'), before.length + 1);
  probed.stop();
  t.deepEqual(server.listeners('stream'), before);
  t.like(await ask(session, { ':path': '/' }), { status: 200 });
  t.is(probed.total(DURATION), 1);
});

test.serial('a server that listens again is followed once', async (t) => {
  const server = createServer((_req, res) => res.end());
  await listen(server);
  await new Promise((resolve) => server.close(resolve));
  const { probed, session } = await open(t, server);
  session.close();
  await new Promise((resolve) => server.close(resolve));
  const port = await listen(server);
  const again = connect(`http://localhost:${port}`);
  t.teardown(() => again.destroy());
  await ask(again, { ':path': '/' });
  t.true(await probed.until(() => probed.total(DURATION) === 1));
});

test.serial('a tunnel is no request', async (t) => {
  const server = createServer({ settings: { enableConnectProtocol: true } });
  server.on('stream', (stream) => {
    stream.respond({ ':status': 200 });
    stream.on('error', () => stream.destroy()).resume();
  });
  const { probed, session } = await open(t, server);
  await once(session, 'remoteSettings');
  const plain = session.request({ ':method': 'CONNECT', ':authority': 'a:1' });
  const websocket = session.request({ ':method': 'CONNECT', ':protocol': 'websocket', ':path': '/chat' });
  await Promise.all([once(plain, 'response'), once(websocket, 'response')]);
  t.is(probed.active, 0);
  t.is(probed.inProgress, 0);
  for (const tunnel of [plain, websocket]) tunnel.on('error', () => tunnel.destroy()).close(constants.NGHTTP2_CANCEL);
  t.is(probed.total(DURATION), 0);
});

test.serial('paths to ignore, queue time and routes to ignore hold for HTTP/2 too', async (t) => {
  const server = createServer((req, res) => {
    if (req.url === '/routed') setRoute(req, '/:ignored');
    res.end();
  });
  const { probed, session } = await open(t, server, { ignoreRoutes: ['/health', '/:ignored'] });
  const stamp = (ago: number) => `t=${((Date.now() - ago) / 1e3).toFixed(3)}`;
  await ask(session, { ':path': '/health?x', 'x-request-start': stamp(100) });
  await ask(session, { ':path': '/routed' });
  t.is(probed.total(DURATION), 0);
  t.is(probed.total('loadline.http.queue.duration'), 0);
  await ask(session, { ':path': '/', 'x-queue-start': 'nonsense', 'x-request-start': stamp(200) });
  t.true(await probed.until(() => probed.total(DURATION) === 1));
  t.true(Math.abs(probed.seconds('loadline.http.queue.duration') - 0.2) < 0.15);
  t.is(probed.total('loadline.http.queue.discarded'), 0, 'the first configured header wins');
  t.is(probed.active, 0);
});

test.serial('clients that cancel, sessions that are destroyed and servers that reset: the books balance', async (t) => {
  const server = createServer({ maxSessionMemory: 100 });
  server.on('sessionError', () => {});
  server.on('stream', (stream, headers) => {
    stream.on('error', () => stream.destroy());
    const path = String(headers[':path']);
    if (path.startsWith('/hang')) return;
    stream.respond({ ':status': 200 });
    if (path.startsWith('/big')) stream.end(Buffer.alloc(4 << 20));
    else if (path.startsWith('/half')) stream.write('first');
    else stream.end('done');
  });
  const { port, probed, session } = await open(t, server);
  const paths = ['/hang', '/big', '/half', '/done'];
  let started = 0;
  for (let round = 0; round < 25; round++) {
    const other = connect(`http://localhost:${port}`);
    other.on('error', () => other.destroy());
    const streams = paths.map((path) => other.request({ ':path': `${path}/${round}` }));
    for (const stream of streams) stream.on('error', () => stream.destroy());
    started += streams.length;
    await Promise.all(streams.slice(1).map((stream) => once(stream, 'response')));
    if (round % 2 === 0) other.destroy();
    else for (const stream of streams) stream.close(constants.NGHTTP2_CANCEL);
    if (round % 2 === 1) setTimeout(() => other.destroy(), 50);
  }
  await ask(session, { ':path': '/done' });
  started += 1;
  t.true(await probed.idle());
  t.is(probed.total(DURATION), started);
  t.true(probed.total('loadline.http.aborted') >= 75, 'three of four could not finish');
  t.is(probed.total('loadline.http.aborted') + probed.total(DURATION, { 'http.response.status_code': 200 }), started);
  t.is(probed.points(DURATION, { 'error.type': 'aborted', 'http.response.status_code': 200 }).length, 0);
  t.is(probed.inProgress, 0);
  t.deepEqual(probed.reader.inFlight(), []);
  t.true(Math.abs(probed.busySeconds / probed.seconds(DURATION) - 1) < 0.02);
});
