/** What is seen of a request while it is in flight. */
import { createServer, type RequestListener } from 'node:http';
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2';
import test, { type ExecutionContext } from 'ava';
import express from 'express';
import { setRoute } from '../../src/probes/set-route.ts';
import { close, dial, head, listen } from '../support/connect.ts';
import { Probed } from '../support/probed.ts';

async function serve(t: ExecutionContext, listener: RequestListener) {
  const probed = new Probed();
  const server = createServer(listener);
  const port = await listen(server);
  t.teardown(async () => {
    await close(server);
    probed.stop();
    if (probed.warnings.length > 0) throw new Error(probed.warnings.join());
  });
  return { probed, port };
}

const phases = (probed: Probed) => probed.reader.inFlight().map(({ phase }) => phase);
const routes = (probed: Probed) => probed.reader.inFlight().map(({ route }) => route);

test.serial('a request goes through receive, handle and send, each seen while it lasts', async (t) => {
  let answer = () => {};
  const { probed, port } = await serve(t, (req, res) => {
    answer = () => res.end(Buffer.alloc(20_000_000));
    req.resume();
  });
  const socket = await dial(port);
  socket.pause();
  socket.write(head('POST /upload?key=secret', 'Content-Length: 4'));
  t.true(await probed.until(() => phases(probed)[0] === 'receive'));
  socket.write('data');
  t.true(await probed.until(() => phases(probed)[0] === 'handle'));
  answer();
  t.true(await probed.until(() => phases(probed)[0] === 'send'));
  t.is(probed.reader.inFlight()[0]!.path, '/upload');
  socket.destroy();
  t.true(await probed.idle());
});

test.serial('a request without a body is handled from its beginning', async (t) => {
  const { probed, port } = await serve(t, () => {});
  const socket = await dial(port);
  socket.write(head('GET /'));
  t.true(await probed.until(() => phases(probed).length === 1));
  t.deepEqual(phases(probed), ['handle']);
  socket.destroy();
  t.true(await probed.idle());
});

test.serial('an HTTP/2 request shows its phases too', async (t) => {
  const probed = new Probed();
  const server = createHttp2Server();
  server.on('stream', (stream) => stream.resume().on('error', () => {}));
  const port = await listen(server as never);
  const session = connectHttp2(`http://127.0.0.1:${port}`);
  t.teardown(async () => {
    session.destroy();
    await new Promise((resolve) => server.close(resolve));
    probed.stop();
  });
  const upload = session.request({ ':method': 'POST', ':path': '/two?q=secret' });
  upload.write('part');
  t.true(await probed.until(() => phases(probed)[0] === 'receive'));
  upload.end();
  t.true(await probed.until(() => phases(probed)[0] === 'handle'));
  t.like(probed.reader.inFlight()[0], { method: 'POST', path: '/two' });
});

test.serial('the route of a request that has been open for a second is seen, and the one it goes on to', async (t) => {
  const app = express();
  app.get('/shops/:shop/items/:item', () => {});
  app.use((req) => setRoute(req, '/said/:by/app'));
  const { probed, port } = await serve(t, app);
  const socket = await dial(port);
  socket.write(head('GET /shops/1/items/2'));
  t.true(await probed.until(() => phases(probed).length === 1));
  t.deepEqual(routes(probed), [undefined]);
  t.true(await probed.until(() => routes(probed)[0] === '/shops/:shop/items/:item'));
  const second = await dial(port);
  second.write(head('GET /other'));
  t.true(await probed.until(() => routes(probed)[1] === '/said/:by/app'));
  socket.destroy();
  second.destroy();
  t.true(await probed.idle());
});

test.serial('a request that moves from one route to another is seen to', async (t) => {
  let move = () => {};
  const { probed, port } = await serve(t, (req) => {
    setRoute(req, '/first');
    move = () => setRoute(req, '/second');
  });
  const socket = await dial(port);
  socket.write(head('GET /'));
  t.true(await probed.until(() => routes(probed)[0] === '/first'));
  move();
  t.true(await probed.until(() => routes(probed)[0] === '/second'));
  socket.destroy();
  t.true(await probed.idle());
});
