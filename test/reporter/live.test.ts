/** `GET /findings` and `GET /requests` of the real agent. */
import test from 'ava';
import { PRELOAD, program } from './app.ts';

test('While the loop is blocked the requests in flight are listed with growing age, and are findings', async (t) => {
  const { said, lines, code, stderr } = await program(
    `
    const flag = new Int32Array(new SharedArrayBuffer(4));
    const held = [];
    const server = createServer((request, response) => {
      if (request.url.startsWith('/wait')) return void held.push(response);
      for (const end = Date.now() + 30000; Atomics.load(flag, 0) === 0 && Date.now() < end; );
      for (const each of [response, ...held]) each.end('fine');
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const url = await start().ready;
    const looker = new Worker(\`
      const { parentPort, workerData } = require('node:worker_threads');
      const get = async (path) => (await fetch(workerData.url + path, { headers: { connection: 'close' } })).json();
      (async () => {
        const seen = [];
        for (const end = Date.now() + 25000; Date.now() < end && seen.length < 3; ) {
          const requests = await get('/requests');
          const { findings } = await get('/findings');
          const slow = findings.filter(({ kind }) => kind === 'slow-request');
          if (requests.total === 2 && slow.length === 2) seen.push({ requests, slow });
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
        Atomics.store(workerData.flag, 0, 1);
        parentPort.postMessage(seen);
      })();
    \`, { eval: true, execArgv: [], workerData: { url, flag } });
    const seen = new Promise((resolve) => looker.once('message', resolve));
    const own = 'http://127.0.0.1:' + server.address().port;
    const get = async (path) => (await fetch(own + path, { headers: { connection: 'close' } })).text();
    const asked = [get('/wait/</script>"?token=secret')];
    await until(async () => (await (await fetch(url + '/requests', { headers: { connection: 'close' } })).json()).total === 1);
    asked.push(get('/block?token=secret'));
    say(await seen);
    await Promise.all(asked);
    const rest = await until(async () => {
      const { findings } = await (await fetch(url + '/findings', { headers: { connection: 'close' } })).json();
      const slow = findings.filter(({ kind }) => kind === 'slow-request');
      return slow.every(({ until }) => until !== null) && slow;
    });
    say(rest);
    const after = await (await fetch(url + '/requests', { headers: { connection: 'close' } })).text();
    say(JSON.parse(after));
    server.close();
    `,
    PRELOAD,
    { LOADLINE_SLOW_REQUEST: '300' },
  );
  t.is(code, 0, stderr);
  const [seen, over, after] = said as [Seen[], Slow[], Requests];
  t.is(seen.length, 3);
  t.false(JSON.stringify(said).includes('secret'));
  const ages = seen.map(({ requests }) => requests.requests.map(({ age }) => age));
  for (const which of [0, 1]) t.true(ages[0]![which]! < ages[1]![which]! && ages[1]![which]! < ages[2]![which]!);
  for (const { requests } of seen) {
    const paths = requests.requests.map(({ path, method, phase, worker }) => [path, method, phase, worker]);
    t.deepEqual(paths.sort(), [
      ['/block', 'GET', 'handle', 'main'],
      ['/wait/%3C/script%3E%22', 'GET', 'handle', 'main'],
    ]);
  }
  t.true(seen[0]!.slow.every(({ until }) => until === null));
  const block = seen[0]!.slow.find(({ evidence }) => evidence.path === '/block');
  t.is(block!.evidence.inFlight, 2);
  t.is(over.length, 2);
  // They end one after the other, and a look may fall between.
  const left = over.map(({ evidence }) => evidence.inFlightAtEnd).sort();
  t.true(left[0] === 0 && left[1]! <= 1, String(left));
  for (const { since, until, evidence } of over) {
    t.true(Math.abs(evidence.duration - (until! - since) / 1000) < 0.01);
  }
  t.deepEqual([after.total, after.requests], [0, []]);
  t.is(lines.filter((line) => /^loadline: warning: GET \/.* \[slow-request \d\]$/.test(line)).length, 2, stderr);
  t.is(lines.filter((line) => /^loadline: over: GET \/.* \[slow-request \d\]$/.test(line)).length, 2, stderr);
  t.false(stderr.includes('secret'));
});

interface Slow {
  readonly since: number;
  readonly until: number | null;
  readonly evidence: {
    readonly path: string;
    readonly inFlight: number;
    readonly inFlightAtEnd: number;
    readonly duration: number;
  };
}
interface Requests {
  readonly total: number;
  readonly requests: readonly (Record<'path' | 'method' | 'phase' | 'worker', string> & { age: number })[];
}
interface Seen {
  readonly requests: Requests;
  readonly slow: readonly Slow[];
}

test('Quotes and markup in a path come out as JSON that no page runs', async (t) => {
  const { said, code, stderr } = await program(
    `
    import { connect } from 'node:net';
    const server = createServer(() => {}).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const url = await start().ready;
    const sockets = ['/</script>"\\\\', '/caf%C3%A9%00', "/{'}|", 'http://me:secret@host/absolute?secret'].map((target) => {
      const socket = connect(server.address().port, '127.0.0.1');
      socket.write(Buffer.from('GET ' + target + ' HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n', 'latin1'));
      return socket;
    });
    const text = await until(async () => {
      const answer = await fetch(url + '/requests', { headers: { connection: 'close' } });
      const body = await answer.text();
      return JSON.parse(body).total === 4 && [answer.headers.get('content-type'), body];
    });
    say(text);
    const asked = async (method, path) => { const { status, headers } = await fetch(url + path, { method, headers: { connection: 'close' } }); return [status, headers.get('allow'), headers.get('cache-control')]; };
    say([await asked('HEAD', '/requests'), await asked('HEAD', '/findings'), await asked('DELETE', '/findings')]);
    for (const socket of sockets) socket.destroy();
    server.close();
    `,
    PRELOAD,
  );
  t.is(code, 0, stderr);
  const [[type, body], answers] = said as [[string, string], unknown];
  t.is(type, 'application/json');
  t.false(body.includes('<') || body.includes('secret'));
  const { requests } = JSON.parse(body) as Requests;
  const paths = ['/</script>"\\', '/absolute', '/caf%C3%A9%00', "/{'}|"];
  t.deepEqual(requests.map(({ path }) => path).sort(), paths.sort());
  t.deepEqual(answers, [
    [200, null, 'no-store'],
    [200, null, 'no-store'],
    [405, 'GET, HEAD', null],
  ]);
});

test('Bound elsewhere the agent shows findings and requests to whoever has the token, and metrics to everybody', async (t) => {
  const TOKEN = 'only-for-this-test';
  const ask = `
    const server = createServer((request, response) => response.end()).listen(0, '127.0.0.1');
    const url = await start().ready;
    const status = async (path, headers = {}) => (await fetch(url + path, { headers: { ...headers, connection: 'close' } })).status;
    const all = async (headers) => Promise.all(['/findings', '/requests', '/metrics', '/health'].map((path) => status(path, headers)));
    say([await all(), await all({ authorization: 'Bearer ${TOKEN}' }), await all({ authorization: 'Bearer ${TOKEN}x' })]);
    server.close();
  `;
  const elsewhere = { OTEL_EXPORTER_PROMETHEUS_HOST: '0.0.0.0' };
  const [with_, without, local] = await Promise.all([
    program(ask, PRELOAD, { ...elsewhere, LOADLINE_TOKEN: TOKEN }),
    program(ask, PRELOAD, elsewhere),
    program(ask, PRELOAD, { LOADLINE_TOKEN: TOKEN }),
  ]);
  const [open, unset, wrong] = [
    [200, 200, 200, 200],
    [403, 403, 200, 200],
    [401, 401, 200, 200],
  ];
  t.deepEqual(with_.said, [[wrong, open, wrong]], with_.stderr);
  t.deepEqual(without.said, [[unset, unset, unset]], without.stderr);
  t.deepEqual(local.said, [[open, open, open]], local.stderr);
  t.false([with_, without, local].some(({ stderr }) => stderr.includes(TOKEN)));
});

test('An event stream does not stay a slow request, and a request in a worker thread is one', async (t) => {
  const { said, code, stderr } = await program(
    `
    const server = createServer((request, response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      response.write('data: 1\\n\\n');
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const url = await start().ready;
    const leave = new AbortController();
    await fetch('http://127.0.0.1:' + server.address().port + '/events', { signal: leave.signal });
    const worker = new Worker(\`
      const { createServer } = await import('node:http');
      const { parentPort } = await import('node:worker_threads');
      const server = createServer(() => {}).listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
    \`, { eval: true });
    const port = await new Promise((resolve) => worker.once('message', resolve));
    fetch('http://127.0.0.1:' + port + '/in/worker', { signal: leave.signal }).catch(() => {});
    const get = async (path) => (await fetch(url + path, { headers: { connection: 'close' } })).json();
    const found = await until(async () => {
      const open = (await get('/findings')).findings.filter(({ until }) => until === null);
      return open.length === 1 && open[0].evidence.path === '/in/worker' && open;
    }, 30000);
    say(found.map(({ title, worker }) => [title, Number(worker) > 0]));
    const { total, requests } = await get('/requests');
    say([total, requests.map(({ path, worker }) => [path, Number(worker) > 0])]);
    leave.abort();
    await worker.terminate();
    server.close();
    `,
    PRELOAD,
    { LOADLINE_SLOW_REQUEST: '2500' },
  );
  t.is(code, 0, stderr);
  t.deepEqual(said, [[['GET /in/worker has been in flight for over 2.5 s', true]], [1, [['/in/worker', true]]]]);
});
