import { spawnSync } from 'node:child_process';
import type { EventEmitter } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect as connectHttp2, createServer as createHttp2Server, type ServerHttp2Stream } from 'node:http2';
import test from 'ava';
import { close, head, lastHead, listen, talk } from '../support/connect.ts';
import { Probed } from '../support/probed.ts';

type Listeners = Map<string, readonly unknown[]>;

function listenersOf(emitter: EventEmitter): Listeners {
  return new Map(emitter.eventNames().map((name) => [String(name), emitter.listeners(name)]));
}

/** What `after` has and `before` has not, by event. */
function added(before: Listeners, after: Listeners): { readonly [event: string]: readonly unknown[] } {
  const found: { [event: string]: readonly unknown[] } = {};
  for (const [event, listeners] of after) {
    const fresh = listeners.slice(before.get(event)?.length ?? 0);
    if (fresh.length > 0) found[event] = fresh;
  }
  return found;
}

interface Seen {
  readonly req: Listeners;
  readonly res: Listeners;
  readonly socket: Listeners;
}

/** The listeners that a handler finds: of two requests on one connection, then of one with a body. */
async function look(): Promise<readonly Seen[]> {
  const seen: Seen[] = [];
  const server = createServer((req: IncomingMessage, res: ServerResponse) => {
    seen.push({ req: listenersOf(req), res: listenersOf(res), socket: listenersOf(req.socket) });
    req.resume().on('end', () => res.end());
  });
  const port = await listen(server);
  await talk(port, head('GET /') + lastHead('GET /'));
  await talk(port, `${lastHead('POST /', 'Content-Length: 1')}x`);
  await close(server);
  return seen;
}

test.serial(
  'a request costs one listener, two with a body, a connection one; all of them shared functions',
  async (t) => {
    const bare = await look();
    const probed = new Probed();
    t.teardown(() => probed.stop());
    const watched = await look();
    const ours = watched.map((seen, i) => ({
      req: added(bare[i]!.req, seen.req),
      res: added(bare[i]!.res, seen.res),
      socket: added(bare[i]!.socket, seen.socket),
    }));
    t.is(ours.length, 3);
    const events = ours.map(({ req, res, socket }) => [Object.keys(req), Object.keys(res), Object.keys(socket)]);
    t.deepEqual(events, [
      [[], ['prefinish'], ['close']],
      [[], ['prefinish'], ['close']],
      [['close'], ['prefinish'], ['close']],
    ]);
    for (const { req, res, socket } of ours) {
      for (const listeners of Object.values({ ...req, ...res, ...socket })) t.is(listeners.length, 1);
    }
    const [first, second, third] = ours;
    t.is(second!.res.prefinish![0], first!.res.prefinish![0]);
    t.is(third!.res.prefinish![0], first!.res.prefinish![0]);
  },
);

test.serial('an HTTP/2 request costs two listeners, three with a body; all of them shared functions', async (t) => {
  const lookAt = async () => {
    const seen: Listeners[] = [];
    const server = createHttp2Server();
    server.on('stream', (stream: ServerHttp2Stream) => {
      seen.push(listenersOf(stream));
      stream.resume().respond({ ':status': 204 }, { endStream: true });
    });
    const port = await listen(server);
    const session = connectHttp2(`http://localhost:${port}`);
    for (const method of ['GET', 'GET', 'POST']) {
      const stream = session.request({ ':method': method }).end();
      await new Promise((resolve) => stream.resume().on('close', resolve));
    }
    session.close();
    await close(server);
    return seen;
  };
  const bare = await lookAt();
  const probed = new Probed();
  t.teardown(() => probed.stop());
  const ours = (await lookAt()).map((seen, i) => added(bare[i]!, seen));
  t.deepEqual(
    ours.map((each) => Object.keys(each).sort()),
    [
      ['close', 'prefinish'],
      ['close', 'prefinish'],
      ['close', 'end', 'prefinish'],
    ],
  );
  for (const event of ['close', 'prefinish']) t.is(ours[1]![event]![0], ours[0]![event]![0]);
});

test('after the requests nothing is kept', (t) => {
  const program = `
    import http from 'node:http';
    import { once } from 'node:events';
    import { dial } from ${JSON.stringify(new URL('../support/connect.js', import.meta.url).href)};
    import { Probed } from ${JSON.stringify(new URL('../support/probed.js', import.meta.url).href)};
    const probed = new Probed();
    const server = http.createServer((req, res) => req.resume().on('end', () => res.end('ok')));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address();
    let done = 0;
    async function load(batches) {
      const socket = await dial(port);
      socket.resume();
      for (let batch = 0; batch < batches; batch++) {
        for (let i = 0; i < 500; i++) socket.write('POST /' + i + ' HTTP/1.1\\r\\nHost: a\\r\\nContent-Length: 1\\r\\n\\r\\nx');
        done += 500;
        if (!(await probed.until(() => probed.total('http.server.request.duration') === done))) process.exit(1);
      }
      socket.destroy();
      await once(socket, 'close');
      await new Promise((resolve) => setTimeout(resolve, 50));
      for (let i = 0; i < 3; i++) { globalThis.gc(); await new Promise((resolve) => setImmediate(resolve)); }
      return process.memoryUsage().heapUsed;
    }
    await load(20);
    const before = await load(20);
    const after = await load(40);
    console.log(after - before);
    process.exit();
  `;
  const args = ['--expose-gc', '--input-type=module', '--eval', program];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 50_000 });
  t.is(status, 0, stderr);
  // A record kept for each of the 20,000 requests would be over 4 MB, their requests and responses over 40 MB.
  t.true(Number(stdout) < 1.5e6, `20,000 requests left ${stdout.trim()} bytes`);
});
