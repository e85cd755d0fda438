import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import createPrometheus from '../../adapters/prometheus.ts';
import { acceptsGzip, negotiateFormat } from '../../adapters/prometheus-accept.ts';
import type { Handler } from '../../src/reporter/adapter.ts';
import { createReporterServer } from '../../src/reporter/server.ts';
import type { Snapshot } from '../../src/snapshot/snapshot.ts';
import { parseExposition } from '../exposition/exposition.ts';

const PROMETHEUS_2 =
  'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1';
const PROMETHEUS_3 =
  'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,/;q=0.1';
const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

/** `series` gauges and, when asked for, one metric that clashes with them. */
function snapshotOf(series: number, clash = false): Snapshot {
  const points = Array.from({ length: series }, (_, i) => ({ attributes: { i }, startTime: 0, value: i }));
  const scope = { name: 'test' };
  const metrics = [{ metric: { name: 'g', kind: 'gauge' as const, help: 'G' }, scope, points }];
  const second = { metric: { name: 'g.', kind: 'counter' as const }, scope, points };
  return { time: 1, resource: { 'service.name': 'shop' }, metrics: clash ? [...metrics, second] : metrics };
}

async function run(
  t: ExecutionContext,
  snapshot: () => Promise<Snapshot>,
  onScrape = () => {},
): Promise<{ url: string; lines: string[] }> {
  const lines: string[] = [];
  const log = (line: string) => lines.push(line);
  const { routes = {} } = await createPrometheus(undefined, { interval: 1000, count() {}, snapshot, log });
  const scrape: Handler = (request, response) => {
    const answered = routes['/metrics']!(request, response);
    onScrape();
    return answered;
  };
  const server = createReporterServer({ host: '127.0.0.1', port: 0, routes: { ...routes, '/metrics': scrape }, log });
  t.teardown(() => server.close());
  return { url: `${(await server.listen()).url}/metrics`, lines };
}

/** One raw answer, so that no client library decodes it. */
async function ask(url: string, request: string): Promise<{ head: string; body: Buffer }> {
  const { port, hostname } = new URL(url);
  const socket = connect(Number(port), hostname);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.write(`${request}\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
  await once(socket, 'close');
  const all = Buffer.concat(chunks);
  const end = all.indexOf('\r\n\r\n');
  return { head: all.subarray(0, end).toString(), body: all.subarray(end + 4) };
}

test('the format follows the Accept header', async (t) => {
  const { url } = await run(t, async () => snapshotOf(2));
  const plain = await fetch(url);
  t.is(plain.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
  t.is(plain.headers.get('vary'), 'Accept, Accept-Encoding');
  t.is(plain.headers.get('cache-control'), 'no-store');
  t.is(parseExposition(await plain.text(), 'text').length, 2);
  const open = await fetch(url, { headers: { accept: PROMETHEUS_2 } });
  t.is(open.headers.get('content-type'), 'application/openmetrics-text; version=1.0.0; charset=utf-8');
  t.is(parseExposition(await open.text(), 'openmetrics').length, 2);
});

test('Accept headers are read as RFC 9110 says', (t) => {
  const golden: [string | undefined, string][] = [
    [undefined, 'text'],
    ['', 'text'],
    ['*/*', 'text'],
    [BROWSER, 'text'],
    [PROMETHEUS_2, 'openmetrics'],
    [PROMETHEUS_3, 'openmetrics'],
    ['application/openmetrics-text', 'openmetrics'],
    ['Application/OpenMetrics-Text; Version="1.0.0"', 'openmetrics'],
    ['application/openmetrics-text; version=0.0.1', 'text'],
    ['application/openmetrics-text; version=2.0.0', 'text'],
    ['application/openmetrics-text;q=0', 'text'],
    ['application/openmetrics-text;q=x', 'text'],
    ['application/openmetrics-text;q=0.4,text/plain;q=0.5', 'text'],
    ['application/openmetrics-text;q=0.4,*/*;q=0.5', 'text'],
    ['application/openmetrics-text;q=0.4,text/plain;q=0.1,*/*;q=0.5', 'openmetrics'],
    ['application/openmetrics-text;q=0.4,text/*;q=0,*/*;q=0.5', 'openmetrics'],
    ['image/png', 'text'],
    [',;,;;q=,=', 'text'],
  ];
  for (const [accept, format] of golden) t.is(negotiateFormat(accept), format as 'text', accept);
});

test('gzip is used where it is welcome', (t) => {
  for (const yes of ['gzip', 'GZIP', 'x-gzip', 'br, gzip;q=0.1', '*', 'deflate, gzip;q=1.0, *;q=0.5']) {
    t.true(acceptsGzip(yes), yes);
  }
  for (const no of [undefined, '', 'br', 'gzip;q=0', '*, gzip;q=0', 'identity', 'gzip;q=0.5, identity', '*;q=0']) {
    t.false(acceptsGzip(no), String(no));
  }
});

test('large answers are gzipped, small ones are not', async (t) => {
  let series = 1;
  const { url } = await run(t, async () => snapshotOf(series));
  const request = 'GET /metrics HTTP/1.1\r\nAccept-Encoding: gzip';
  const small = await ask(url, request);
  t.notRegex(small.head, /content-encoding/i);
  series = 500;
  const large = await ask(url, request);
  t.regex(large.head, /content-encoding: gzip/i);
  t.is(Number(/content-length: (\d+)/i.exec(large.head)?.[1]), large.body.length);
  const plain = await ask(url, 'GET /metrics HTTP/1.1');
  t.deepEqual(gunzipSync(large.body), plain.body);
});

test('HEAD has the headers of GET and no body', async (t) => {
  const { url } = await run(t, async () => snapshotOf(500));
  const withoutDate = (head: string) => head.replace(/date: .*\r\n/i, '');
  for (const encoding of ['gzip', 'identity']) {
    const get = await ask(url, `GET /metrics HTTP/1.1\r\nAccept-Encoding: ${encoding}`);
    const head = await ask(url, `HEAD /metrics HTTP/1.1\r\nAccept-Encoding: ${encoding}`);
    t.is(withoutDate(head.head), withoutDate(get.head));
    t.is(head.body.length, 0);
  }
});

test('other methods are refused with what is allowed', async (t) => {
  const { url } = await run(t, async () => snapshotOf(1));
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
    const response = await fetch(url, { method });
    t.deepEqual([response.status, response.headers.get('allow')], [405, 'GET, HEAD'], method);
  }
});

test('scrapes at the same time share one snapshot, later ones get a new one', async (t) => {
  let taken = 0;
  let arrived = 0;
  const { url } = await run(
    t,
    async () => {
      taken++;
      while (arrived < 10) await sleep(5);
      return snapshotOf(taken);
    },
    () => arrived++,
  );
  const accepts = ['text/plain', PROMETHEUS_2];
  const answers = await Promise.all(
    Array.from({ length: 10 }, async (_, i) => (await fetch(url, { headers: { accept: accepts[i % 2]! } })).text()),
  );
  t.is(taken, 1);
  t.is(new Set(answers).size, 2);
  t.regex(await (await fetch(url)).text(), /g\{i="1"\} 1/);
  t.is(taken, 2);
});

test('a snapshot that fails is a 500, and the next scrape tries again', async (t) => {
  let fine = false;
  const { url, lines } = await run(t, async () => {
    if (!fine) throw new Error('broken');
    return snapshotOf(1);
  });
  t.is((await fetch(url)).status, 500);
  fine = true;
  t.is((await fetch(url)).status, 200);
  t.deepEqual(lines, ['/metrics failed: Error: broken']);
});

test('clients that go away are no error', async (t) => {
  const { url, lines } = await run(t, async () => {
    await sleep(20);
    return snapshotOf(20_000);
  });
  for (let i = 0; i < 20; i++) {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    await once(socket, 'connect');
    socket.write('GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n');
    if (i % 2 === 0) await sleep(5);
    else await once(socket, 'data');
    if (i % 3 === 0) socket.resetAndDestroy();
    else socket.destroy();
  }
  t.is((await fetch(url)).status, 200);
  t.deepEqual(lines, []);
});

test('what cannot be shown is said once', async (t) => {
  const { url, lines } = await run(t, async () => snapshotOf(3, true));
  for (let i = 0; i < 3; i++) t.is((await fetch(url)).status, 200);
  t.is(lines.length, 1);
  t.regex(lines[0]!, /^prometheus: "g\." is left out \(3 series\): /);
});
