import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import type { ErrorRequestHandler, Express, RequestHandler } from 'express';
import { expressLines } from './express-lines.ts';
import { observe } from './observed-server.ts';

const ok: RequestHandler = (_request, response) => {
  response.send('ok');
};
const pass: RequestHandler = (_request, _response, next) => next();
const passLater: RequestHandler = (_request, _response, next) => {
  setTimeout(next, 5);
};
const raise: RequestHandler = () => {
  throw new Error('raised by the test');
};
const notFound: RequestHandler = (_request, response) => {
  response.status(404).send('nothing here');
};
const answerError: ErrorRequestHandler = (_error, _request, response, _next) => {
  response.status(500).send('failed');
};

type Expected = [request: string, route: string | undefined, status?: number];

/** Sends each request (`METHOD path`, GET by default) and compares the route that answered, and the status. */
async function expectRoutes(t: ExecutionContext, app: Express, expected: readonly Expected[]): Promise<void> {
  app.set('env', 'test');
  const server = await observe(app);
  for (const [line, route, status = 200] of expected) {
    const [method, path] = line.includes(' ') ? (line.split(' ') as [string, string]) : ['GET', line];
    const answer = await server.ask(path, method);
    t.is(answer.status, status, `${line}: status`);
    t.is(answer.atEnd, route, `${line}: as the response was handed over`);
    t.is(answer.atClose, route, `${line}: as it closed`);
  }
  await server.close();
}

for (const { name, major, express } of expressLines) {
  const star = (key: string) => (major === 4 ? '*' : `*${key}`);

  test(`${name}: a route is its registered pattern, whatever the URL`, async (t) => {
    const app = express();
    app.get('/', ok);
    app.get('/users', ok);
    app.get('/users/:id', ok);
    app.post('/users/:id', ok);
    app.get('/Flights/:from-:to', ok);
    app.get(`/files/${star('rest')}`, ok);
    await expectRoutes(t, app, [
      ['/', '/'],
      ['/?a=/b', '/'],
      ['/users', '/users'],
      ['/users/', '/users'],
      ['/USERS?x=1', '/users'],
      ['/users/1', '/users/:id'],
      ['/users/users', '/users/:id'],
      ['/users/%2e%2e%2fetc', '/users/:id'],
      ['HEAD /users/1', '/users/:id'],
      ['POST /users/%C3%A9t%C3%A9', '/users/:id'],
      ['/flights/LSZH-EDDF', '/Flights/:from-:to'],
      ['/files/a/b/c.txt', `/files/${star('rest')}`],
      ['/nowhere', undefined, 404],
      ['PUT /users/1', undefined, 404],
      ['OPTIONS /nowhere', undefined, 404],
    ]);
  });

  test(`${name}: mounts show what they were registered with, not what matched`, async (t) => {
    const app = express();
    const inner = express.Router({ mergeParams: true });
    inner.get('/', ok);
    inner.get('/users/:user', ok);
    inner.get('/org', ok);
    const outer = express.Router({ mergeParams: true });
    outer.use('/org/:org', inner);
    outer.use('/Literal', inner);
    app.use('/api/v1/', outer);
    app.use('/region-:region/v:version', inner);
    app.use(inner);
    await expectRoutes(t, app, [
      ['/api/v1/org/acme', '/api/v1/org/:org'],
      ['/api/v1/org/acme/', '/api/v1/org/:org'],
      ['/api/v1/org/acme/users/7', '/api/v1/org/:org/users/:user'],
      ['/API/v1/ORG/Acme/USERS/Users', '/api/v1/org/:org/users/:user'],
      ['/api/v1/org/org/org', '/api/v1/org/:org/org'],
      ['/api/v1/org/api/users/users', '/api/v1/org/:org/users/:user'],
      ['/api/v1/org/%61cm%65%20x/users/%3Auser', '/api/v1/org/:org/users/:user'],
      ['/api/v1/org/:org/users/:user', '/api/v1/org/:org/users/:user'],
      ['/region-eu/v12/users/7', '/region-:region/v:version/users/:user'],
      ['/region-region/vv/org', '/region-:region/v:version/org'],
      ['/', '/'],
      ['/users/1', '/users/:user'],
      ['/api/v1/org//users/7', undefined, 404],
    ]);
  });

  test(`${name}: a literal mount comes out in one case, whatever case the client writes`, async (t) => {
    const app = express();
    const router = express.Router().get('/Thing', ok);
    app.use('/Api/V1', router);
    app.use('/ApiTwo/:Org', router);
    const server = await observe(app);
    const found = new Set<string | undefined>();
    for (const path of ['/API/v1/thing', '/api/V1/THING', '/Api/V1/Thing', '/aPi/v1/tHing'])
      found.add(await server.route(path));
    t.is(found.size, 1);
    t.is([...found][0]?.toLowerCase(), '/api/v1/thing');
    found.clear();
    for (const path of ['/APITWO/a/thing', '/apitwo/B/THING']) found.add(await server.route(path));
    t.is(found.size, 1);
    t.is([...found][0]?.toLowerCase(), '/apitwo/:org/thing');
    await server.close();
  });

  test(`${name}: case-sensitive and strict routers keep their text`, async (t) => {
    const app = express();
    app.enable('case sensitive routing');
    const router = express.Router({ caseSensitive: true, strict: true });
    router.get('/A/:b', ok);
    router.get('/a/:b', ok);
    router.get('/s/', ok);
    app.use('/Mount/:m', router);
    app.use('/mount/:n', router);
    await expectRoutes(t, app, [
      ['/Mount/1/A/2', '/Mount/:m/A/:b'],
      ['/mount/1/a/2', '/mount/:n/a/:b'],
      ['/mount/1/s/', '/mount/:n/s/'],
      ['/mount/1/s', undefined, 404],
      ['/MOUNT/1/a/2', undefined, 404],
    ]);
  });

  test(`${name}: a router mounted twice is told apart by the way that was taken`, async (t) => {
    const app = express();
    const router = express.Router({ mergeParams: true });
    router.get('/', ok);
    router.get('/:id/edit', ok);
    router.get('/raise', raise);
    app.use('/posts', router);
    app.use('/pages/:page', router);
    app.use('/a/b', router);
    app.use(answerError);
    await expectRoutes(t, app, [
      ['/posts', '/posts'],
      ['/pages/1', '/pages/:page'],
      ['/posts/posts/edit', '/posts/:id/edit'],
      ['/pages/posts/pages/edit', '/pages/:page/:id/edit'],
      ['/a/b', '/a/b'],
      ['/A/B/c/EDIT', '/a/b/:id/edit'],
      ['/posts/raise', '/posts/raise', 500],
      ['/pages/posts/raise', '/pages/:page/raise', 500],
    ]);
  });

  test(`${name}: a router mounted once more after the first request`, async (t) => {
    const app = express();
    const router = express.Router().get('/x/:id', ok);
    app.use('/one', router);
    const server = await observe(app);
    t.is(await server.route('/one/x/1'), '/one/x/:id');
    app.use('/two/:two', router);
    t.is(await server.route('/two/2/x/1'), '/two/:two/x/:id');
    t.is(await server.route('/one/x/1'), '/one/x/:id');
    app.get('/late/:x', ok);
    t.is(await server.route('/late/1'), '/late/:x');
    await server.close();
  });

  test(`${name}: regular expressions and arrays, as routes and as mounts`, async (t) => {
    const app = express();
    const router = express.Router().get('/r', ok).get('/', ok);
    app.get(/^\/re-(\d+)$/, ok);
    app.get(['/one/:a', '/two/:b', /^\/three/], ok);
    app.use(['/m1/:x', '/m2'], router);
    app.use(/^\/rx\/[a-z]+/, router);
    const hidden = major === 5 && !('listRoutes' in router);
    const mounted = hidden ? '/(regexp)/r' : '/^\\/rx\\/[a-z]+//r';
    await expectRoutes(t, app, [
      ['/rx/abc/r', mounted],
      ['/RX/../rx/xyz/r', undefined, 404],
      ['/rx/xyz/r', mounted],
      ['/re-42', String(/^\/re-(\d+)$/)],
      ['/one/1', '/one/:a'],
      ['/two/1', '/two/:b'],
      ['/threefold', String(/^\/three/)],
      ['/m1/m2/r', '/m1/:x/r'],
      ['/m2/r', '/m2/r'],
      ['/m2', '/m2'],
    ]);
  });

  test(`${name}: the app's own regular expressions keep their lastIndex`, async (t) => {
    if (major === 5) return t.pass('router 2 copies nothing either, but its matchers hide the expression');
    const app = express();
    const sticky = /^\/sticky/y;
    const router = express.Router().get('/:x', ok);
    app.use(sticky, router);
    const server = await observe((request, response) => {
      sticky.lastIndex = 0;
      app(request, response);
    });
    await server.ask('/sticky/1');
    t.is(sticky.lastIndex, '/sticky'.length);
    await server.close();
  });

  test(`${name}: wildcards and optional parts in mounts`, async (t) => {
    const app = express();
    const router = express.Router().get('/', ok);
    const deeper = express.Router().get('/end', ok);
    app.use(`/all/${star('rest')}`, router);
    app.use(major === 4 ? '/opt/:a/:b?' : '/opt/:a{/:b}', deeper);
    const server = await observe(app);
    t.is(await server.route('/all/a/b%20c/D'), `/all/${star('rest')}`);
    t.is(await server.route('/all/all'), `/all/${star('rest')}`);
    const found = new Set<string | undefined>();
    for (const path of ['/opt/1/2/end', '/opt/opt/opt/end', '/opt/a%2Fb/END/end']) found.add(await server.route(path));
    t.is(found.size, 1);
    t.regex([...found][0] ?? '', /^\/opt\/:a(\/:b\?|\{\/:b\}|\/:b)\/end$/);
    await server.close();
  });

  test(`${name}: apps in apps`, async (t) => {
    const app = express();
    const sub = express();
    const nested = express();
    const plain = express();
    nested.get('/', ok);
    nested.get('/deep/:x', ok);
    nested.get('/raise', raise);
    nested.use(answerError);
    sub.use('/nested/:n', nested);
    sub.get('/:s', ok);
    plain.get('/p', ok);
    app.use('/sub/:org', sub);
    app.use('/other', plain);
    app.get('/own', ok);
    await expectRoutes(t, app, [
      ['/sub/acme/nested/1', '/sub/:org/nested/:n'],
      ['/sub/sub/nested/nested/deep/deep', '/sub/:org/nested/:n/deep/:x'],
      ['/sub/acme/nested/1/raise', '/sub/:org/nested/:n/raise', 500],
      ['/sub/acme/thing', '/sub/:org/:s'],
      ['/other/p', '/other/p'],
      ['/own', '/own'],
      ['/sub/acme/nested/1/none', undefined, 404],
    ]);
  });

  test(`${name}: one app mounted in two places`, async (t) => {
    const app = express();
    const sub = express();
    sub.get('/x', ok);
    app.use('/v1', sub);
    app.use('/v2/:y', sub);
    app.use('/v3', express().get('/x', ok));
    await expectRoutes(t, app, [
      ['/v1/x', '/v1/x'],
      ['/v2/1/x', '/v2/:y/x'],
      ['/v3/x', '/v3/x'],
    ]);
  });

  test(`${name}: an error keeps the route that raised it, with or without an error handler`, async (t) => {
    for (const handlers of [[], [answerError]]) {
      const app = express();
      const router = express.Router();
      const guarded = express.Router();
      router.get('/raise/:id', raise);
      router.get('/plain', raise);
      router.get('/next', (_request, _response, next) => next(new Error('raised by the test')));
      router.get('/later', (_request, _response, next) => {
        setTimeout(() => next(new Error('raised by the test')), 5);
      });
      guarded.get('/raise', raise);
      guarded.use(answerError);
      app.use('/guarded', guarded);
      app.use('/org/:org', router);
      app.get('/raise', raise);
      app.get('/raise/:x', raise);
      for (const handler of handlers) app.use(handler);
      await expectRoutes(t, app, [
        ['/raise', '/raise', 500],
        ['/raise/1', '/raise/:x', 500],
        ['/org/acme/raise/7', '/org/:org/raise/:id', 500],
        ['/org/org/plain', '/org/:org/plain', 500],
        ['/org/acme/next', '/org/:org/next', 500],
        ['/org/acme/later', '/org/:org/later', 500],
        ['/guarded/raise', '/guarded/raise', 500],
      ]);
    }
  });

  if (major === 5) {
    test(`${name}: a rejected handler keeps its route`, async (t) => {
      const app = express();
      const router = express.Router();
      router.get('/:id', async () => {
        await sleep(2);
        throw new Error('raised by the test');
      });
      app.use('/a/:a', router);
      app.use(answerError);
      await expectRoutes(t, app, [['/a/1/2', '/a/:a/:id', 500]]);
    });
  }

  test(`${name}: an error that becomes a 4xx keeps its route, a 404 has none`, async (t) => {
    const app = express();
    app.get('/fail/:status', (request, _response, next) => next({ status: Number(request.params.status) }));
    app.get('/fail', (request, _response, next) => next({ status: Number(request.query.status) }));
    const answer: ErrorRequestHandler = ({ status }: { status: number }, _request, response, _next) => {
      response.status(status).send('refused');
    };
    app.use(answer);
    await expectRoutes(t, app, [
      ['/fail/400', '/fail/:status', 400],
      ['/fail/422', '/fail/:status', 422],
      ['/fail/200', '/fail/:status', 200],
      ['/fail?status=409', '/fail', 409],
      ['/fail/404', undefined, 404],
    ]);
  });

  test(`${name}: a route that answers 404 itself keeps its name`, async (t) => {
    const app = express();
    const router = express.Router({ mergeParams: true });
    router.get('/', notFound);
    router.get('/:item', notFound);
    app.get('/plain', notFound);
    app.get('/later', async (_request, response) => {
      await sleep(2);
      response.sendStatus(404);
    });
    app.use('/shop/:shop', router);
    await expectRoutes(t, app, [
      ['/plain', '/plain', 404],
      ['/later', '/later', 404],
      ['/shop/1', '/shop/:shop', 404],
      ['/shop/1/2', '/shop/:shop/:item', 404],
    ]);
  });

  for (const [how, next] of Object.entries({ 'at once': pass, later: passLater })) {
    for (const [end, handlers] of Object.entries({ default: [], custom: [notFound] })) {
      test(`${name}: a route that calls next() ${how} does not name the ${end} 404 that follows`, async (t) => {
        const app = express();
        const router = express.Router();
        const merging = express.Router({ mergeParams: true });
        router.get('/r', next);
        router.get('/r/:id', next);
        merging.get('/r', next);
        merging.get('/r/:id', next);
        app.get('/', next);
        app.get('/keyless', next);
        app.get('/with/:key', next);
        app.use('/mounted', router);
        app.use('/mounted/:org', router);
        app.use('/merging/:org', merging);
        app.use('/bare', express.Router().get('/x', next), notFound);
        for (const handler of handlers) app.use(handler);
        await expectRoutes(
          t,
          app,
          [
            '/',
            '/keyless',
            '/with/1',
            '/mounted/r',
            '/mounted/r/1',
            '/mounted/a/r',
            '/merging/a/r',
            '/merging/a/r/1',
            '/bare/x',
          ].map((path): Expected => [path, undefined, 404]),
        );
      });
    }
  }

  test(`${name}: next('route') and next('router') lead to the route that answers`, async (t) => {
    const app = express();
    const router = express.Router();
    router.get('/x', (_request, _response, next) => next('router'));
    app.get('/:a', (_request, _response, next) => next('route'), raise);
    app.get('/:b', ok);
    app.use('/r', router);
    app.get('/r/:after', ok);
    app.get('/z/:id', pass, ok);
    await expectRoutes(t, app, [
      ['/1', '/:b'],
      ['/r/x', '/r/:after'],
      ['/z/1', '/z/:id'],
    ]);
  });

  test(`${name}: a guard for all paths names nothing that it lets pass`, async (t) => {
    const app = express();
    app.all(major === 4 ? '*' : '/*splat', (request, response, next) => {
      if (request.query.stop === undefined) next();
      else response.status(401).send('stop');
    });
    app.get('/page/:id', ok);
    app.use('/static', express.static(import.meta.dirname));
    app.use(express.static(import.meta.dirname));
    const guard = major === 4 ? '*' : '/*splat';
    await expectRoutes(t, app, [
      ['/page/1', '/page/:id'],
      ['/page/1?stop', guard, 401],
      ['/express-route.test.js', undefined],
      ['/static/express-route.test.js', undefined],
      ['/nowhere', undefined, 404],
    ]);
  });

  test(`${name}: middleware that answers before any route is no route`, async (t) => {
    const app = express();
    app.use('/health', (_request, response) => {
      response.send('fine');
    });
    app.use((request, response, next) => {
      if (request.query.deny === undefined) next();
      else response.status(403).send('no');
    });
    app.get('/x', ok);
    await expectRoutes(t, app, [
      ['/health', undefined],
      ['/health/acme', undefined],
      ['/x?deny', undefined, 403],
      ['/x', '/x'],
    ]);
  });

  test(`${name}: a handler that replaces req.params keeps its route`, async (t) => {
    const app = express();
    const replace: RequestHandler = (request, _response, next) => {
      request.params = { ...request.params };
      next();
    };
    app.get('/none', replace, ok);
    app.get('/with/:id', replace, ok);
    app.use(notFound);
    await expectRoutes(t, app, [
      ['/none', '/none'],
      ['/with/1', '/with/:id'],
    ]);
  });

  test(`${name}: a URL rewritten before routing still has its route`, async (t) => {
    const app = express();
    app.use((request, _response, next) => {
      request.url = request.url.replace('/old', '/new');
      next();
    });
    const router = express.Router().get('/x/:id', ok).get('/raise', raise);
    app.use('/new', router);
    app.use(answerError);
    await expectRoutes(t, app, [
      ['/old/x/1', '/new/x/:id'],
      ['/old/raise', '/new/raise', 500],
    ]);
  });

  test(`${name}: requests at the same time do not mix their routes`, async (t) => {
    const app = express();
    const router = express.Router({ mergeParams: true });
    const slow: RequestHandler = (request, response) => {
      setTimeout(() => response.send(request.originalUrl), Math.random() * 20);
    };
    router.get('/item/:id', slow);
    router.get('/all', slow);
    app.use('/org/:org', router);
    app.get('/plain', slow);
    app.get('/plain/:x', slow);
    app.get('/skip', passLater);
    app.get('/skip/:x', passLater);
    app.get('/fail/:x', (_request, _response, next) => {
      setTimeout(() => next(new Error('raised by the test')), Math.random() * 20);
    });
    app.get('/fail', (_request, _response, next) => {
      setTimeout(() => next(new Error('raised by the test')), Math.random() * 20);
    });
    app.use(notFound, answerError);
    app.set('env', 'test');
    const server = await observe(app);
    const kinds: [path: (i: number) => string, route: string | undefined][] = [
      [(i) => `/org/o${i}/item/${i}`, '/org/:org/item/:id'],
      [(i) => `/org/item/all?${i}`, '/org/:org/all'],
      [() => '/plain', '/plain'],
      [(i) => `/plain/${i}`, '/plain/:x'],
      [() => '/skip', undefined],
      [(i) => `/skip/${i}`, undefined],
      [() => '/fail', '/fail'],
      [(i) => `/fail/${i}`, '/fail/:x'],
    ];
    const answers = await Promise.all(
      Array.from({ length: 400 }, async (_, i) => {
        const [path, route] = kinds[i % kinds.length]!;
        const answer = await server.ask(path(i));
        return answer.atEnd === route ? undefined : `${path(i)}: ${answer.atEnd}, not ${route}`;
      }),
    );
    t.deepEqual(
      answers.filter((wrong) => wrong !== undefined),
      [],
    );
    await server.close();
  });

  test(`${name}: a thousand values of a parameter give the registered patterns and nothing else`, async (t) => {
    const app = express();
    const router = express
      .Router()
      .get('/user/:user', ok)
      .get(`/file/${star('path')}`, ok);
    app.use('/org/:org', router);
    app.use('/v:major.:minor', router);
    const server = await observe(app);
    const odd = [
      '%2F',
      '%00',
      '%25',
      ':org',
      '*',
      '~0~',
      'x',
      'org',
      'ORG',
      '%F0%9F%9A%A2',
      '(.*)',
      '$&',
      '__proto__',
      '%3Cb%3E',
    ];
    const value = (i: number) => `${odd[i % odd.length]}${i % 3 === 0 ? '' : Math.random().toString(36)}`;
    const found = new Set<string | undefined>();
    const paths = Array.from({ length: 1000 }, (_, i) => {
      const mount = i % 2 === 0 ? `/org/${value(i)}` : `/v${i}.${i % 7}`;
      return i % 4 < 2 ? `${mount}/user/${value(i + 1)}` : `${mount}/FILE/${value(i + 2)}/${value(i + 3)}`;
    });
    for (let i = 0; i < paths.length; i += 50) {
      const answers = await Promise.all(paths.slice(i, i + 50).map((path) => server.ask(path)));
      for (const answer of answers) found.add(answer.atEnd).add(answer.atClose);
    }
    await server.close();
    t.deepEqual(
      [...found].sort(),
      [
        `/org/:org/file/${star('path')}`,
        '/org/:org/user/:user',
        `/v:major.:minor/file/${star('path')}`,
        '/v:major.:minor/user/:user',
      ].sort(),
    );
  });

  test(`${name}: answers, error pages and their stacks are the same to the byte`, async (t) => {
    const app = express();
    const router = express.Router().get('/raise', raise).get('/ok', ok).get('/skip', pass);
    app.use('/org/:org', router);
    app.set('env', 'test');
    app.use(((error, _request, _response, next) => next(error)) satisfies ErrorRequestHandler);
    const server = await observe(app);
    const bare = createServer(app).listen(0, '127.0.0.1');
    await once(bare, 'listening');
    for (const path of ['/org/a/raise', '/org/a/ok', '/org/a/skip', '/%ff', '/org/%ff/ok']) {
      const { body } = await server.ask(path);
      const response = await fetch(`http://127.0.0.1:${(bare.address() as AddressInfo).port}${path}`);
      t.is(body, await response.text(), path);
    }
    bare.close();
    await server.close();
  });

  test(`${name}: two servers may share a router`, async (t) => {
    const router = express.Router().get('/x/:x', ok);
    const one = await observe(express().use('/one', router));
    const two = await observe(express().use('/two/:two', router));
    for (let i = 0; i < 3; i++) {
      t.is(await one.route('/one/x/1'), '/one/x/:x');
      t.is(await two.route('/two/2/x/1'), '/two/:two/x/:x');
    }
    await Promise.all([one.close(), two.close()]);
  });
}
