import { channel } from 'node:diagnostics_channel';
import { once } from 'node:events';
import type { IncomingMessage, Server } from 'node:http';
import { connect, type Http2Server, type Http2ServerRequest } from 'node:http2';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import test from 'ava';
import type { FastifyInstance, FastifyServerOptions } from 'fastify';
import { watchFastify } from '../../src/probes/fastify-route.ts';
import { routeOf } from '../../src/probes/route.ts';
import { observe } from './observed-server.ts';

type MakeFastify = (options?: FastifyServerOptions & { http2?: boolean }) => FastifyInstance;

const require = createRequire(import.meta.url);
const lines: [name: string, fastify: MakeFastify][] = [
  ['Fastify 4', require('fastify4') as MakeFastify],
  ['Fastify 5', require('fastify') as MakeFastify],
];

let stop: () => void;
test.before(() => {
  stop = watchFastify();
});
test.after(() => {
  stop();
});

function shop(app: FastifyInstance): FastifyInstance {
  const ok = async () => 'ok';
  app.get('/', ok);
  app.get('/users/:id', ok);
  app.get('/files/*', ok);
  app.get('/at/:hour(^\\d{2})h:minute(^\\d{2})m', ok);
  app.get('/raise/:id', async () => {
    throw new Error('raised by the test');
  });
  app.get('/missing/:id', async (_request, reply) => reply.code(404).send('gone'));
  app.get('/not-found/:id', (_request, reply) => reply.callNotFound());
  app.get('/teapot', {
    onRequest: async (_request, reply) => reply.code(418).send('no coffee'),
    handler: ok,
  });
  app.register(
    async (plugin) => {
      plugin.get('/', ok);
      plugin.get('/items/:item', ok);
      plugin.register(async (inner) => inner.get('/deep/:d', ok), { prefix: '/inner/:inner' });
      plugin.setNotFoundHandler((_request, reply) => reply.code(404).send('not in this organisation'));
    },
    { prefix: '/org/:org' },
  );
  return app;
}

async function observed(app: FastifyInstance) {
  await app.listen({ port: 0, host: '127.0.0.1' });
  const server = await observe(app.server as Server);
  return { ...server, end: () => server.close().then(() => app.close()) };
}

for (const [name, fastify] of lines) {
  test(`${name}: the registered pattern with the prefixes of its plugins, and none for a 404`, async (t) => {
    const server = await observed(shop(fastify()));
    const expected: [request: string, route: string | undefined, status?: number][] = [
      ['GET /', '/'],
      ['GET /?x=1', '/'],
      ['GET /users/1', '/users/:id'],
      ['HEAD /users/1', '/users/:id'],
      ['GET /users/users', '/users/:id'],
      ['GET /users/%3Aid%2F%2E%2E', '/users/:id'],
      ['GET /files/a/b/c', '/files/*'],
      ['GET /at/08h30m', '/at/:hour(^\\d{2})h:minute(^\\d{2})m'],
      ['GET /raise/1', '/raise/:id', 500],
      ['GET /missing/1', '/missing/:id', 404],
      ['GET /not-found/1', '/not-found/:id', 404],
      ['GET /teapot', '/teapot', 418],
      ['GET /org/acme/items/2', '/org/:org/items/:item'],
      ['GET /org/acme/inner/1/deep/2', '/org/:org/inner/:inner/deep/:d'],
      ['GET /nowhere', undefined, 404],
      ['GET /org/acme/nowhere', undefined, 404],
      ['POST /users/1', undefined, 404],
    ];
    for (const [line, route, status = 200] of expected) {
      const [method, path] = line.split(' ') as [string, string];
      const answer = await server.ask(path, method);
      t.is(answer.status, status, line);
      t.is(answer.atEnd, route, line);
      t.is(answer.atClose, route, line);
    }
    await server.end();
  });

  test(`${name}: hooks of the app that answer, refuse or say the route themselves`, async (t) => {
    const app = fastify();
    app.addHook('onRequest', async (request, reply) => {
      if (request.url.includes('deny')) return reply.code(403).send('no');
      if (request.url.includes('broken')) throw new Error('raised by the test');
    });
    shop(app);
    const server = await observed(app);
    t.is(await server.route('/users/deny'), '/users/:id');
    t.is(await server.route('/users/broken'), '/users/:id');
    t.is(await server.route('/deny'), undefined);
    await server.end();
  });

  test(`${name}: a thousand parameters at the same time`, async (t) => {
    const server = await observed(shop(fastify()));
    const found = new Set<string | undefined>();
    for (let i = 0; i < 20; i++) {
      const answers = await Promise.all(Array.from({ length: 50 }, (_, j) => server.ask(`/org/o${i}/items/${i * j}`)));
      for (const answer of answers) found.add(answer.atEnd).add(answer.atClose);
    }
    t.deepEqual([...found], ['/org/:org/items/:item']);
    await server.end();
  });

  test(`${name}: over HTTP/2 the stream carries the route too`, async (t) => {
    const app = shop(fastify({ http2: true }));
    const seen: (string | undefined)[][] = [];
    app.server.on('request', (request: IncomingMessage) => {
      const { stream } = request as unknown as Http2ServerRequest;
      stream.on('close', () => seen.push([routeOf(request, 200), routeOf(stream, 200)]));
    });
    await app.listen({ port: 0, host: '127.0.0.1' });
    const { port } = (app.server as unknown as Http2Server).address() as AddressInfo;
    const client = connect(`http://127.0.0.1:${port}`);
    for (const path of ['/org/acme/items/1', '/nowhere']) {
      const request = client.request({ ':path': path });
      request.resume();
      await once(request, 'close');
    }
    client.close();
    await app.close();
    t.deepEqual(seen, [
      ['/org/:org/items/:item', '/org/:org/items/:item'],
      [undefined, undefined],
    ]);
  });
}

test.serial('Watching makes Fastify print no warning', async (t) => {
  const warnings: string[] = [];
  const onWarning = (warning: Error) => warnings.push(warning.message);
  process.on('warning', onWarning);
  for (const [, fastify] of lines) {
    const app = shop(fastify());
    t.is((await app.inject('/users/1')).statusCode, 200);
    await app.close();
  }
  await new Promise((resolve) => setImmediate(resolve));
  process.off('warning', onWarning);
  t.deepEqual(warnings, []);
});

test.serial('An instance made after the watch has ended is left alone', async (t) => {
  stop();
  for (const [, fastify] of lines) {
    const server = await observed(shop(fastify()));
    t.is(await server.route('/users/1'), undefined);
    await server.end();
  }
  stop = watchFastify();
});

/** The hook of an instance that is no real one, so that it can be seen what it reads. */
function hookOfInstance(): (request: object, reply: unknown, done: () => void) => void {
  let hook: ReturnType<typeof hookOfInstance> | undefined;
  channel('fastify.initialization').publish({
    fastify: { addHook: (_name: string, given: typeof hook) => (hook = given) },
  });
  return hook!;
}

/** A request as Fastify has it: what it knows of its route under a symbol, and a getter that makes an object of it. */
function requestOf(known: string | undefined, told: string | undefined, key = Symbol('fastify.context')) {
  const request = {
    raw: {} as IncomingMessage,
    reads: 0,
    [key]: { config: { url: known } },
    get routeOptions() {
      request.reads++;
      return { url: told };
    },
  };
  return request;
}

test('The getter that makes an object of the route is read for the first request that has one, and for no other', (t) => {
  const hook = hookOfInstance();
  const key = Symbol('fastify.context');
  const requests = [undefined, '/a/:b', '/c', undefined, '/d'].map((url) => requestOf(url, url, key));
  for (const request of requests) hook(request, undefined, () => {});
  t.deepEqual(
    requests.map(({ raw }) => routeOf(raw, 200)),
    [undefined, '/a/:b', '/c', undefined, '/d'],
  );
  t.deepEqual(
    requests.map(({ reads }) => reads),
    [1, 1, 0, 0, 0],
  );
});

test('Where what is under the symbol is not what the getter says, the getter is right, each time', (t) => {
  const hook = hookOfInstance();
  const key = Symbol('fastify.context');
  for (const told of ['/right', '/right/too']) {
    const request = requestOf('/wrong', told, key);
    hook(request, undefined, () => {});
    t.is(routeOf(request.raw, 200), told);
    t.is(request.reads, 1);
  }
});

test('The symbol is looked for once: where there is none, no request pays for the search again', (t) => {
  const hook = hookOfInstance();
  let searches = 0;
  for (const url of ['/a', '/b', '/c']) {
    const raw = {} as IncomingMessage;
    const request = new Proxy(
      { raw, routeOptions: { url } },
      {
        ownKeys(target) {
          searches++;
          return Reflect.ownKeys(target);
        },
      },
    );
    hook(request, undefined, () => {});
    t.is(routeOf(raw, 200), url);
  }
  t.is(searches, 1);
});
