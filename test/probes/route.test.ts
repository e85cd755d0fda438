import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import test from 'ava';
import { routeOf } from '../../src/probes/route.ts';
import { LONGEST_ROUTE, setRoute } from '../../src/probes/set-route.ts';
import { observe } from './observed-server.ts';

const newRequest = () => new IncomingMessage(new Socket());

test('A plain server says its routes itself', async (t) => {
  const server = await observe((request, response) => {
    if (request.url?.startsWith('/users/')) setRoute(request, '/users/:id');
    response.end('ok');
  });
  t.is(await server.route('/users/1'), '/users/:id');
  t.is(await server.route('/other'), undefined);
  await server.close();
});

test('The last route said counts, and comes before what a framework left', (t) => {
  const request = newRequest();
  Object.assign(request, { route: { path: '/other', stack: [] } });
  setRoute(request, '/first');
  setRoute(request, '/second');
  t.is(routeOf(request, 200), '/second');
  t.is(routeOf(request, 404), '/second');
});

test('What is no route is ignored, and what is too long is cut', (t) => {
  const request = newRequest();
  for (const value of [undefined, null, 7, '', {}, [], Symbol('route'), () => '/x']) {
    setRoute(request, value as string);
    t.is(routeOf(request, 200), undefined);
  }
  setRoute(request, '/kept');
  setRoute(request, '');
  t.is(routeOf(request, 200), '/kept');
  setRoute(request, `/${'x'.repeat(1_000_000)}`);
  t.is(routeOf(request, 200), `/${'x'.repeat(LONGEST_ROUTE - 1)}`);
});

test('A request that cannot carry a route is left as it is', (t) => {
  const refusing = new Proxy(newRequest(), {
    set() {
      throw new Error('read only');
    },
  });
  for (const request of [Object.freeze({}), refusing, undefined, null, 7]) {
    t.notThrows(() => setRoute(request as object, '/x'));
    t.is(routeOf(request as IncomingMessage, 200), undefined);
  }
});

test('A setRoute of another copy of the package is seen', (t) => {
  const request = newRequest();
  Object.assign(request, { [Symbol.for('loadline.route')]: '/from/:another' });
  t.is(routeOf(request, 200), '/from/:another');
});

test('Whatever a plain server keeps under the names that Express uses is no route', (t) => {
  const throwing = {
    get path(): string {
      throw new Error('raised by the test');
    },
    get stack(): unknown[] {
      throw new Error('raised by the test');
    },
  };
  const app = Object.assign(() => undefined, { router: { stack: [{ handle: null }, null, 7] }, handle() {}, set() {} });
  const endless: { parent?: unknown; stack: unknown[] } & (() => void) = Object.assign(() => undefined, { stack: [] });
  endless.parent = endless;
  const cyclic = Object.assign(() => undefined, { stack: [] as unknown[] });
  for (let i = 0; i < 8; i++) cyclic.stack.push({ handle: cyclic });
  const routes = [
    '/users/123',
    7,
    null,
    throwing,
    { path: '/users/123' },
    { path: '/users/123', stack: [] },
    new Proxy({}, {}),
  ];
  const apps = [undefined, 'app', app, endless, Object.assign(() => undefined, { router: cyclic }), { router: cyclic }];
  for (const route of routes) {
    for (const own of apps) {
      for (const next of [undefined, () => undefined]) {
        const request = newRequest();
        Object.assign(request, { next, app: own, baseUrl: {}, params: 7 });
        Object.defineProperty(request, 'route', { get: () => route });
        t.is(routeOf(request, 200), undefined);
      }
    }
  }
});
