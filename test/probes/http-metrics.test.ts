import { createServer, type RequestListener } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { setRoute } from '../../src/probes/set-route.ts';
import type { HistogramPoint } from '../../src/snapshot/snapshot.ts';
import { close, dial, head, lastHead, listen, readAll, talk } from '../support/connect.ts';
import { Probed, type ProbedOptions } from '../support/probed.ts';

const DURATION = 'http.server.request.duration';
const PHASE = 'loadline.http.phase.duration';
const QUEUE = 'loadline.http.queue.duration';
const DISCARDED = 'loadline.http.queue.discarded';

async function serve(t: ExecutionContext, listener: RequestListener, options?: ProbedOptions) {
  const server = createServer({ maxHeaderSize: 64 << 10 }, listener);
  const port = await listen(server);
  const probed = new Probed(options);
  t.teardown(async () => {
    await close(server);
    probed.stop();
    if (probed.warnings.length > 0) throw new Error(probed.warnings.join());
  });
  const phase = (name: string) => ({
    count: probed.total(PHASE, { phase: name }),
    seconds: probed.seconds(PHASE, { phase: name }),
  });
  return { server, port, probed, phase };
}

test.serial('a slow upload is time to receive', async (t) => {
  const { port, probed, phase } = await serve(t, (req, res) => void req.resume().on('end', () => res.end()));
  const socket = await dial(port);
  socket.write(lastHead('POST /', 'Content-Length: 6'));
  for (const part of ['ab', 'cd', 'ef']) {
    await sleep(100);
    socket.write(part);
  }
  await readAll(socket);
  t.true(await probed.idle());
  t.is(phase('receive').count, 1);
  t.true(phase('receive').seconds > 0.15, `${phase('receive').seconds}`);
  t.true(phase('handle').seconds < 0.15, `${phase('handle').seconds}`);
  t.true(phase('send').seconds < 0.15, `${phase('send').seconds}`);
});

test.serial('a slow handler is time to handle', async (t) => {
  const { port, probed, phase } = await serve(t, (req, res) => {
    req.resume().on('end', () => setTimeout(() => res.end('x'), 300));
  });
  await talk(port, `${lastHead('POST /', 'Transfer-Encoding: chunked')}2\r\nhi\r\n0\r\n\r\n`);
  t.true(await probed.idle());
  t.is(phase('receive').count, 1, 'a chunked body is a body');
  t.true(phase('receive').seconds < 0.15, `${phase('receive').seconds}`);
  t.true(phase('handle').seconds > 0.25, `${phase('handle').seconds}`);
});

test.serial('a client that reads 20 MB slowly is time to send', async (t) => {
  const { port, probed, phase } = await serve(t, (_req, res) => res.end(Buffer.alloc(20 << 20)));
  const socket = await dial(port);
  socket.pause();
  socket.write(lastHead('GET /'));
  await sleep(400);
  t.is(probed.active, 1, 'the kernel does not hold 20 MB');
  await readAll(socket);
  t.true(await probed.idle());
  t.true(phase('send').seconds > 0.3, `${phase('send').seconds}`);
  t.true(phase('handle').seconds < 0.3, `${phase('handle').seconds}`);
  t.is(phase('receive').count, 0);
  t.is(probed.total('loadline.http.aborted'), 0);
});

test.serial('a request without a body has no time to receive', async (t) => {
  const { port, probed, phase } = await serve(t, (req, res) => void req.resume().on('end', () => res.end()));
  await talk(port, head('GET /') + head('POST /', 'Content-Length: 0') + lastHead('DELETE /'));
  t.is(probed.total(DURATION), 3);
  t.is(phase('receive').count, 0);
  t.is(phase('handle').count, 3);
  t.is(phase('send').count, 3);
});

test.serial('an app that answers before the upload is over handled it, it did not receive it', async (t) => {
  const { port, probed, phase } = await serve(t, (req, res) => {
    setTimeout(() => {
      req.resume();
      res.end(Buffer.alloc(20 << 20));
    }, 200);
  });
  const socket = await dial(port);
  socket.pause();
  socket.write(lastHead('POST /', 'Content-Length: 2'));
  await sleep(400);
  socket.write('ab');
  await sleep(100);
  await readAll(socket);
  t.true(await probed.idle());
  t.is(phase('receive').count, 0);
  t.true(phase('handle').seconds > 0.18 && phase('handle').seconds < 0.38, `${phase('handle').seconds}`);
  t.true(phase('send').seconds > 0.2, `${phase('send').seconds}`);
});

test.serial('the phases of a request add up to its duration', async (t) => {
  const { port, probed } = await serve(t, (req, res) => {
    req.resume().on('end', () => setTimeout(() => res.end(Buffer.alloc(6 << 20)), 50));
  });
  for (let i = 0; i < 5; i++) await talk(port, `${lastHead('POST /', 'Content-Length: 2')}ab`);
  t.true(await probed.idle());
  t.true(Math.abs(probed.seconds(PHASE) / probed.seconds(DURATION) - 1) < 1e-6);
});

test.serial('an event stream leaves the requests in progress and stays active', async (t) => {
  const ends: (() => void)[] = [];
  const { port, probed, phase } = await serve(t, (req, res) => {
    if (req.url === '/set') res.setHeader('content-type', 'text/event-stream; charset=utf-8').flushHeaders();
    else res.writeHead(200, { 'Content-Type': req.url === '/slow' ? 'text/plain' : 'text/event-stream' });
    res.write('data: 1\n\n');
    ends.push(() => res.end());
  });
  const sockets = await Promise.all([dial(port), dial(port), dial(port)]);
  for (const [i, path] of ['/set', '/head', '/slow'].entries()) sockets[i]!.write(head(`GET ${path}`));
  t.true(await probed.until(() => probed.inProgress === 3));
  t.true(await probed.until(() => probed.inProgress === 1, 5_000));
  t.is(probed.active, 3);
  t.deepEqual(
    probed.reader.inFlight().map(({ path }) => path),
    ['/slow'],
    'the slow one is no event stream',
  );
  const busy = probed.busySeconds;
  await sleep(300);
  t.true(probed.busySeconds - busy < 0.6, 'one request in progress, not three');
  for (const end of ends) end();
  t.true(await probed.idle());
  t.is(probed.inProgress, 0);
  t.is(probed.total(DURATION, { 'http.response.status_code': 200 }), 3);
  t.true(Math.abs(probed.busySeconds / probed.seconds(DURATION) - 1) < 0.02);
  for (const name of ['handle', 'send']) {
    t.is(phase(name).count, 3);
    t.true(phase(name).seconds >= 0);
  }
  for (const socket of sockets) socket.destroy();
});

/** Stamps of `ago` ms before now, as front ends write them. */
const formats: { readonly [name: string]: (epochMs: number) => string } = {
  'nginx: seconds with a fraction': (ms) => `t=${(ms / 1e3).toFixed(3)}`,
  'haproxy: microseconds': (ms) => `t=${BigInt(Math.round(ms)) * 1000n}`,
  'Apache: microseconds with a duration': (ms) => `t=${BigInt(Math.round(ms)) * 1000n} D=85`,
  'Heroku: milliseconds': (ms) => String(Math.round(ms)),
  nanoseconds: (ms) => `ts=${BigInt(Math.round(ms)) * 1_000_000n}`,
  'the first of a list': (ms) => `${Math.round(ms)}, 12`,
};

for (const [name, format] of Object.entries(formats)) {
  test.serial(`queue time, ${name}: is what passed since the stamp`, async (t) => {
    const { port, probed } = await serve(t, (_req, res) => res.end());
    const before = performance.timeOrigin + performance.now();
    await talk(port, lastHead('GET /', `X-Request-Start: ${format(before - 250)}`));
    const after = performance.timeOrigin + performance.now();
    const [point] = probed.points(QUEUE);
    const { sum } = point!.value as HistogramPoint;
    t.true(sum >= 0.249 && sum <= 0.251 + (after - before) / 1e3, `${sum} s`);
    t.is(probed.total(QUEUE), 1);
    t.is(probed.total(DISCARDED), 0);
  });
}

test.serial('queue time that can not be is counted by reason and never recorded', async (t) => {
  const { port, probed } = await serve(t, (_req, res) => res.end());
  const stamp = (ms: number) => `t=${((Date.now() + ms) / 1e3).toFixed(3)}`;
  const wrong: { readonly [reason: string]: readonly string[] } = {
    skewed: [stamp(60_000), stamp(3_600_000)],
    absurd: [stamp(-700_000), 't=1000000000'],
    invalid: [
      '',
      'yes',
      't=',
      '17952194561795219456',
      '-5',
      't=1e9',
      '0x10',
      'NaN',
      '1795219456.',
      `t=${'9'.repeat(60)}`,
    ],
  };
  for (const [reason, values] of Object.entries(wrong)) {
    for (const value of values) await talk(port, lastHead('GET /', `X-Request-Start: ${value}`));
    t.is(probed.total(DISCARDED, { reason }), values.length, reason);
  }
  t.is(probed.total(QUEUE), 0);
});

test.serial('of both headers the first configured one counts, whatever their order', async (t) => {
  const { port, probed } = await serve(t, (_req, res) => res.end());
  const good = `X-Request-Start: ${Date.now() - 100}`;
  await talk(port, lastHead('GET /', good, 'X-Queue-Start: nonsense'));
  await talk(port, lastHead('GET /', 'X-Queue-Start: nonsense', good));
  t.is(probed.total(QUEUE), 2);
  t.is(probed.total(DISCARDED), 0);
  await talk(port, lastHead('GET /', `X-Queue-Start: ${Date.now() - 100}`));
  t.is(probed.total(QUEUE), 3, 'the second one alone counts too');
  await talk(port, lastHead('GET /', good, 'X-Request-Start: nonsense'));
  t.is(probed.total(QUEUE), 4, 'of a repeated header the first one counts');
});

test.serial('without queue headers nothing of them is recorded', async (t) => {
  const { port, probed } = await serve(t, (_req, res) => res.end(), { queueHeaders: [] });
  await talk(port, lastHead('GET /', `X-Request-Start: ${Date.now()}`, 'X-Queue-Start: nonsense'));
  t.is(probed.total(DURATION), 1);
  t.is(probed.total(QUEUE), 0);
  t.is(probed.total(DISCARDED), 0);
});

test.serial('hostile queue headers: long, repeated, binary', async (t) => {
  const { port, probed } = await serve(t, (_req, res) => res.end());
  const values = ['9'.repeat(16 << 10), `t=${'1'.repeat(20_000)}.5`, '\u00e9\u00ff\u0080', 'a,'.repeat(5_000), '\t \t'];
  for (const value of values) {
    t.regex(await talk(port, lastHead('GET /', `X-Request-Start: ${value}`)), /^HTTP\/1.1 200/);
  }
  await talk(port, lastHead('GET /', ...Array.from({ length: 900 }, () => 'X-Request-Start: x')));
  t.is(probed.total(DISCARDED, { reason: 'invalid' }), values.length + 1);
  t.is(probed.total(DURATION), values.length + 1);
});

test.serial('header floods are read and forgotten', async (t) => {
  const { port, probed } = await serve(t, (_req, res) => res.end());
  const flood = Array.from({ length: 900 }, (_, i) => `x-${i}: ${i}`);
  for (let i = 0; i < 50; i++) await talk(port, lastHead('GET /', ...flood));
  t.is(probed.total(DURATION), 50);
  t.is(probed.points(DURATION).length, 1);
});

test.serial('100,000 URLs with every method that Node knows: a handful of series, and memory that stays', async (t) => {
  const { METHODS } = await import('node:http');
  const methods = METHODS.filter((method) => method !== 'CONNECT');
  const { port, probed } = await serve(t, (_req, res) => res.end());
  let sent = 0;
  const client = async (batches: number) => {
    const socket = await dial(port);
    socket.resume();
    const from = probed.total(DURATION);
    for (let batch = 0; batch < batches; batch++) {
      let bytes = '';
      for (let i = 0; i < 1000; i++, sent++) {
        bytes += head(`${methods[sent % methods.length]} /${sent.toString(36)}/%C3%A9?q=${sent}`, 'Content-Length: 0');
      }
      if (!socket.write(bytes, 'latin1')) await new Promise((resolve) => socket.once('drain', resolve));
      t.true(await probed.until(() => probed.total(DURATION) === from + (batch + 1) * 1000, 30_000));
    }
    socket.destroy();
  };
  await client(20);
  const before = process.memoryUsage().rss;
  await client(80);
  const growth = process.memoryUsage().rss - before;
  t.is(probed.total(DURATION), 100_000);
  t.is(probed.points(DURATION).length, 9, 'GET HEAD POST PUT DELETE OPTIONS TRACE PATCH and all others');
  t.true(probed.reader.header('seriesUsed') < 40);
  t.is(probed.reader.header('overflowed'), 0);
  t.true(growth < 60e6, `80,000 requests took ${growth} bytes`);
  t.false(JSON.stringify(probed.reader.metrics()).includes('q='));
});

test.serial('answers that differ by turns on two routes are each counted as what they are', async (t) => {
  const { port, probed } = await serve(t, (req, res) => {
    const [, route, status] = req.url!.split('/');
    setRoute(req, `/${route}`);
    res.writeHead(Number(status)).end();
  });
  const kinds = ['GET /a/200', 'GET /a/404', 'GET /b/404', 'POST /a/200', 'GET /a/503', 'GET /b/200'];
  const turns = 7;
  for (let turn = 0; turn < turns; turn++) {
    for (const kind of kinds)
      await talk(port, lastHead(kind, ...(kind.startsWith('POST') ? ['Content-Length: 0'] : [])));
  }
  t.true(await probed.idle());
  for (const kind of kinds) {
    const [method, route, status] = kind.split(/ |(?<=\w)\//) as [string, string, string];
    const attributes = {
      'http.request.method': method,
      'http.route': route,
      'http.response.status_code': Number(status),
    };
    t.is(probed.total(DURATION, attributes), turns, kind);
  }
  t.is(probed.total(DURATION), turns * kinds.length);
});

test.serial('an app that makes routes of URLs fills the budget, and totals stay exact', async (t) => {
  const { port, probed } = await serve(t, (req, res) => {
    setRoute(req, req.url!);
    res.end();
  });
  probed.store.seriesLimit = 300;
  const socket = await dial(port);
  socket.resume();
  for (let batch = 0; batch < 5; batch++) {
    socket.write(Array.from({ length: 1000 }, (_, i) => head(`GET /${batch}/${i}`)).join(''));
    t.true(await probed.until(() => probed.total(DURATION) === (batch + 1) * 1000, 20_000));
  }
  socket.destroy();
  t.is(probed.points(DURATION).length, 300);
  t.true(probed.points(PHASE).length <= 300);
  t.is(probed.total(PHASE), 10_000);
  t.true(probed.total(DURATION, { 'otel.metric.overflow': true }) >= 4_700);
  t.true(probed.reader.header('overflowed') > 4_700);
});

test.serial('every status there is, on many routes, stays within the budget', async (t) => {
  const { port, probed } = await serve(t, (req, res) => {
    const [, route, status] = req.url!.split('/');
    setRoute(req, `/${route}`);
    res.writeHead(Number(status)).end();
  });
  const socket = await dial(port);
  socket.resume();
  for (let route = 0; route < 5; route++) {
    socket.write(Array.from({ length: 800 }, (_, i) => head(`GET /${route}/${i + 200}`)).join(''));
    t.true(await probed.until(() => probed.total(DURATION) === (route + 1) * 800, 20_000));
  }
  socket.destroy();
  t.true(probed.points(DURATION).length <= 2000);
  t.is(probed.total(DURATION), 4000);
});
