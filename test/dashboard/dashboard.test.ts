/** The dashboard of the real agent. */
import test from 'ava';
import { PRELOAD, program } from '../reporter/app.ts';

/** What each program has beside the prelude. */
const TOOLS = `
  const get = async (url, headers = {}) => {
    const response = await fetch(url, { headers: { connection: 'close', ...headers } });
    return response.headers.get('content-type') === 'application/json' ? response.json() : response.text();
  };
  const listen = async (handler) => {
    const server = createServer(handler).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    return { server, own: 'http://127.0.0.1:' + server.address().port };
  };
`;

interface Event {
  readonly event: string;
  readonly data: unknown;
}

test('While the app hangs the page is told so each second, its history goes on, and afterwards all goes on', async (t) => {
  const { said, code, stderr } = await program(
    `${TOOLS}
    const flag = new Int32Array(new SharedArrayBuffer(4));
    function slowFibonacci() {
      for (const end = Date.now() + 40000; Atomics.load(flag, 0) === 0 && Date.now() < end; );
    }
    const { server, own } = await listen((request, response) => {
      if (request.url === '/block') slowFibonacci();
      response.end('fine');
    });
    const url = await start().ready;
    const looker = new Worker(\`
      const { parentPort, workerData: { url, flag } } = require('node:worker_threads');
      const { get: request } = require('node:http');
      const events = [];
      const isDone = () => {
        const blocked = events.filter(({ event, data }) => event === 'now' && /blocked for/.test(data.verdict.text));
        const points = events.filter(({ event }) => event === 'point');
        const guilty = blocked.some(({ data }) => /slowFibonacci/.test(data.verdict.text));
        return guilty && blocked.length >= 4 && points.length >= 2;
      };
      const end = async () => {
        clearTimeout(limit);
        const history = await (await fetch(url + '/history?tracks=eventloop/utilization', { headers: { connection: 'close' } })).json();
        Atomics.store(flag, 0, 1);
        parentPort.postMessage({ events, history });
        asked.destroy();
      };
      const limit = setTimeout(end, 35000);
      let text = '';
      const asked = request(url + '/live', (response) => response.on('data', (chunk) => {
        text += chunk;
        for (let at; (at = text.indexOf('\\\\n\\\\n')) >= 0; text = text.slice(at + 2)) {
          const [, event, data] = /event: (.*)\\\\ndata: (.*)/.exec(text.slice(0, at)) ?? [];
          if (event) events.push({ event, data: JSON.parse(data) });
        }
        if (isDone()) end();
      }));
      asked.on('error', () => {});
    \`, { eval: true, execArgv: [], workerData: { url, flag } });
    const seen = new Promise((resolve) => looker.once('message', resolve));
    await until(async () => (await get(url + '/now')).workers.length > 0);
    await get(own + '/block');
    say(await seen);
    say(await until(async () => {
      const now = await get(url + '/now');
      return now.workers[0].state === 'running' && now.openFindings === 0 && now;
    }));
    server.close();
    `,
    PRELOAD,
    { OTEL_SERVICE_NAME: 'hanging' },
  );
  t.is(code, 0, stderr);
  const [{ events, history }, after] = said as [
    { events: Event[]; history: Record<string, unknown> },
    Record<string, unknown>,
  ];
  const nows = events.filter(({ event }) => event === 'now').map(({ data }) => data as Now);
  const blocked = nows.filter(({ verdict }) => verdict.text.includes('blocked'));
  t.true(blocked.length >= 4, `${blocked.length}`);
  t.true(
    blocked.some(({ verdict }) =>
      /^The event loop is blocked for \d+(\.\d)? s in slowFibonacci \(.*:\d+\)\.$/.test(verdict.text),
    ),
  );
  t.true(blocked.every(({ verdict }) => verdict.state === 'critical'));
  // The rows may be half a second older than the findings.
  t.true(blocked.slice(1).every(({ workers }) => workers[0]!.state === 'stalled'));
  t.true(blocked.at(-1)!.traffic.inFlight >= 1);
  const findings = events.filter(({ event }) => event === 'findings').map(({ data }) => data as { kind: string }[]);
  t.true(findings.some((list) => list.some(({ kind }) => kind === 'stall')));
  const points = events
    .filter(({ event }) => event === 'point')
    .map(({ data }) => data as { values: Record<string, number> });
  t.is(points.at(-1)!.values['eventloop/utilization'], 1);
  const { times, tracks } = history as { times: number[]; tracks: Record<string, { values: number[] }> };
  t.true(times.length >= 2);
  t.is(tracks['eventloop/utilization']!.values.at(-1), 1);
  t.like(after, { service: 'hanging' });
});

interface Now {
  readonly verdict: { readonly state: string; readonly text: string };
  readonly workers: readonly { readonly state: string; readonly worker: string }[];
  readonly traffic: { readonly inFlight: number };
}

test('Looking asks nothing of the app: its samplers are asked by their usual round only', async (t) => {
  const { said, code, stderr } = await program(
    `${TOOLS}
    let asked = 0;
    register({ scope: { name: 'mine' }, sample(sink) { asked++; sink.put({ name: 'mine.asked', kind: 'gauge' }, asked); } });
    const { server, own } = await listen((request, response) => response.end('fine'));
    const url = await start().ready;
    await read(url);
    const before = asked;
    const stream = new AbortController();
    const live = await fetch(url + '/live', { signal: stream.signal });
    live.text().catch(() => {});
    const end = Date.now() + 6500;
    while (Date.now() < end) {
      await Promise.all(['/now', '/history', '/series', '/'].map((path) => get(url + path)));
      await sleep(250);
    }
    const { series } = await get(url + '/series');
    say([asked - before, series[0].name, series[0].value > 0, series[0].isKept]);
    stream.abort();
    server.close();
    `,
    PRELOAD,
    { OTEL_METRIC_EXPORT_INTERVAL: '600000' },
  );
  t.is(code, 0, stderr);
  t.deepEqual(said, [[0, 'mine.asked', true, true]]);
});

test('Bound elsewhere the page wants the token, which a browser gives as password; metrics and health stay open', async (t) => {
  const TOKEN = 'a-token-of-more-than-16';
  const ask = `${TOOLS}
    const { server } = await listen((request, response) => response.end());
    const url = await start().ready;
    const status = async (path, headers = {}) => {
      const response = await fetch(url + path, { headers: { connection: 'close', ...headers } });
      await response.body?.cancel();
      return response.status;
    };
    const basic = { authorization: 'Basic ' + Buffer.from('me:${TOKEN}').toString('base64') };
    const paths = ['/', '/now', '/history', '/series', '/live', '/findings', '/requests'];
    for (const headers of [{}, basic, { ...basic, 'sec-fetch-site': 'cross-site' }]) {
      say(await Promise.all(paths.map((path) => status(path, headers))));
    }
    say([await status('/metrics'), await status('/health')]);
    server.close();
  `;
  const env = { OTEL_EXPORTER_PROMETHEUS_HOST: '0.0.0.0', LOADLINE_TOKEN: TOKEN };
  const [guarded, tokenless] = await Promise.all([
    program(ask, PRELOAD, env),
    program(ask, PRELOAD, { OTEL_EXPORTER_PROMETHEUS_HOST: '0.0.0.0' }),
  ]);
  const all = (status: number) => Array(7).fill(status);
  t.deepEqual(guarded.said, [all(401), all(200), all(403), [200, 200]], guarded.stderr);
  t.deepEqual(tokenless.said, [all(403), all(403), all(403), [200, 200]], tokenless.stderr);
});

test('Without a destination that is pulled from there is no server, and so no dashboard', async (t) => {
  const { said, code, stderr } = await program(
    `
    const url = await start({ adapters: [] }).ready;
    say(url ?? null);
    await stop();
    `,
  );
  t.is(code, 0, stderr);
  t.deepEqual(said, [null]);
});

test('A CPU-heavy and a waiting thread of the app are rows of their own, each as busy as it is', async (t) => {
  const { said, code, stderr } = await program(
    `${TOOLS}
    const { server } = await listen((request, response) => response.end());
    const url = await start().ready;
    const busy = new Worker("setInterval(() => { for (const end = Date.now() + 80; Date.now() < end; ); }, 100)", { eval: true });
    const idle = new Worker('setInterval(() => {}, 1000)', { eval: true });
    const rows = await until(async () => {
      const { workers } = await get(url + '/now');
      const [main, ...threads] = workers;
      return threads.length === 2 && threads.some(({ utilization }) => utilization > 0.5) && threads.some(({ utilization }) => utilization !== null && utilization < 0.3) && workers;
    }, 30000);
    say(rows.map(({ worker, threadOf, cpu, state }) => [worker, threadOf, cpu === null, state === 'missing']));
    await Promise.all([busy.terminate(), idle.terminate()]);
    server.close();
    `,
    PRELOAD,
  );
  t.is(code, 0, stderr);
  t.deepEqual(said, [
    [
      ['main', null, false, false],
      ['1', 'main', true, false],
      ['2', 'main', true, false],
    ],
  ]);
});
