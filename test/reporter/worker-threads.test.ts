import test from 'ava';
import { onlyWhere } from '../support/only-where.ts';
import { freePort, PRELOAD, program, REGISTER } from './app.ts';

/** `recorder(source)`: a worker thread with the package at hand; `ended(worker)`: its exit code. */
const THREADS = `
  const recorder = (source, options) => new Worker('import(' + JSON.stringify(INDEX) + ').then(async ({ counter, gauge, histogram, register }) => {' + source + '})', { eval: true, ...options });
  const ended = (worker) => new Promise((resolve) => worker.on('exit', resolve));
  const kept = () => globalThis[Symbol.for('loadline.state.v1')].threads.maps.length;
  const reporters = [];
  process.on('worker', (worker) => reporters.push(worker));
`;

test('Short threads in their dozens leave exact totals, no label and no map, though reporters die meanwhile', async (t) => {
  const port = await freePort();
  const { said, code, stderr } = await program(
    `${THREADS}
    const url = await start().ready;
    const [reporter] = reporters;
    let made = 0;
    const lane = async () => {
      while (made < 30) {
        const mine = ++made;
        if (mine === 15) await reporter.terminate();
        await ended(recorder("counter('things').add(1); counter('by').add(1, { n: " + (mine % 3) + " }); histogram('h').record(2)"));
      }
    };
    await Promise.all([lane(), lane(), lane()]);
    const values = await until(async () => { const values = await read(url); return values.things_total === 30 && values; });
    say([values.things_total, values.h_count, values.h_sum, values['by_total{n="0"}']]);
    say(Object.keys(values).filter((name) => name.includes('loadline_worker')));
    await until(() => kept() === 0);
    await reporters.at(-1).terminate();
    say(await until(async () => (await read(url)).things_total));
    `,
    [],
    { OTEL_EXPORTER_PROMETHEUS_PORT: String(port) },
  );
  t.deepEqual([said, code], [[[30, 30, 60, 10], [], 30], 0], stderr);
});

test('What a thread wrote before terminate() took it is in the totals, whatever it was writing', async (t) => {
  const { said, stderr } = await program(`${THREADS}
    const url = await start().ready;
    let least = 0;
    for (let i = 0; i < 4; i++) {
      const written = new Float64Array(new SharedArrayBuffer(8));
      const worker = recorder("const { workerData } = await import('node:worker_threads'); const things = counter('things'); const h = histogram('h'); for (let i = 0; ; i++) { things.add(1); h.record(1); workerData[0]++; if (i % 1e6 === 0) await new Promise(setImmediate); }", { workerData: written });
      await until(() => written[0] > 1000);
      await worker.terminate();
      least += written[0];
    }
    const values = await read(url);
    const again = await read(url);
    say([values.things_total - least, values.h_count - least, again.things_total - values.things_total]);
  `);
  const [things, records, later] = said[0] as number[];
  t.true(things! >= 0 && things! <= 4 && records! >= 0 && records! <= 4, `${things} ${records} ${stderr}`);
  t.is(later, 0);
});

test('A thread that blocks shows its stall as its own while a scrape answers, and is there again afterwards', async (t) => {
  const { said, stderr } = await program(`${THREADS}
    const url = await start().ready;
    const worker = recorder("gauge('level').set(7); const { parentPort } = await import('node:worker_threads'); parentPort.on('message', () => { const end = Date.now() + 3000; while (Date.now() < end); });");
    const age = 'loadline_eventloop_stall_age_seconds';
    const own = '{loadline_worker="1"}';
    await until(async () => (await read(url))[age + own] === 0);
    worker.postMessage('block');
    const begin = performance.now();
    const during = await until(async () => { const values = await read(url); return values[age + own] > 1 && values; });
    say({ took: performance.now() - begin, main: during[age], stalls: during.loadline_eventloop_stalls_total, level: during['level' + own] });
    const scrape = performance.now();
    await read(url);
    say(performance.now() - scrape);
    await until(async () => (await read(url))[age + own] === 0);
    const after = await read(url);
    say({ stalls: after.loadline_eventloop_stalls_total, utilization: after['nodejs_eventloop_utilization_ratio' + own] });
    await worker.terminate();
    const last = await read(url);
    say({ stalls: last.loadline_eventloop_stalls_total, labels: Object.keys(last).filter((name) => name.includes('worker=')) });
  `);
  const [during, scrape, after, last] = said as [
    { took: number; main: number; stalls: number; level: number },
    number,
    { stalls: number; utilization: number },
    { stalls: number; labels: string[] },
  ];
  t.true(during.stalls >= 1 && during.level === 7, stderr);
  t.true(during.took < 3000 && scrape < 2000, `${during.took} ${scrape}`);
  t.true(after.stalls >= during.stalls && after.utilization > 0.02 && after.utilization <= 1, JSON.stringify(after));
  t.is(last.stalls, after.stalls);
  t.deepEqual(last.labels, []);
});

/** Seconds in which a thread was awake, of those that the test let it sleep in all. */
const tellsParked = onlyWhere(process.platform === 'linux', 'Linux');
tellsParked('A thread that is parked in Atomics.wait is idle, and blocked when it computes', async (t) => {
  const { said, stderr } = await program(`${THREADS}
    const url = await start().ready;
    const cell = new Int32Array(new SharedArrayBuffer(4));
    const source = "gauge('level').set(7); const { workerData } = await import('node:worker_threads'); const compute = (time) => { const end = Date.now() + time; while (Date.now() < end); };"
      + "setTimeout(() => { Atomics.wait(workerData, 0, 0); compute(2000); Atomics.wait(workerData, 0, 1); }, 1500); setInterval(() => {}, 1000);";
    const worker = recorder(source, { workerData: cell });
    const wake = () => { Atomics.add(cell, 0, 1); Atomics.notify(cell, 0); };
    const own = '{loadline_worker="1"}';
    const [age, count] = ['loadline_eventloop_stall_age_seconds' + own, 'loadline_eventloop_stalls_total'];
    const idle = (values) => values['nodejs_eventloop_time_seconds_total{nodejs_eventloop_state="idle"}'];
    await until(async () => (await read(url))[age] === 0);
    await sleep(1500);
    const [before, rest] = [await read(url), []];
    for (let i = 0; i < 12; i++) { await sleep(200); rest.push(await read(url)); }
    say([Math.max(...rest.map((each) => each[age])), rest.at(-1)[count] - before[count], idle(rest.at(-1)) - idle(before)]);
    wake();
    say(await until(async () => (await read(url))[age] > 1));
    await until(async () => (await read(url))[age] === 0);
    wake();
    say(await until(async () => { const now = await read(url); return now[age] === 0 && now[count] > before[count] && now[count] - before[count]; }));
    await worker.terminate();
  `);
  const [[stalled, stalls, idle], computes, stallsInAll] = said as [[number, number, number], boolean, number];
  t.deepEqual([stalled, stalls, computes, stallsInAll], [0, 0, true, 1], stderr);
  // Of 2.4 s and more, the main thread's idle time beside it.
  t.true(idle > 2.4, `${idle} s`);
});

test('Samplers of a thread are asked like those of the main thread; when it ends, what they counted stays', async (t) => {
  const port = await freePort();
  const { said, stderr } = await program(
    `${THREADS}
    const sampler = (scope, offset) => ({ scope: { name: scope }, sample(sink) {
      sink.put({ name: 'jobs', kind: 'counter' }, offset);
      sink.put({ name: 'busy', kind: 'updown' }, offset);
      sink.put({ name: 'heat', kind: 'gauge' }, offset);
    } });
    const url = await start().ready;
    register(sampler('main', 1));
    const source = "const sampler = " + sampler.toString() + ";";
    const parked = recorder(source + "register(sampler('there', 10)); const { parentPort } = await import('node:worker_threads'); parentPort.on('message', () => { const end = Date.now() + 2500; while (Date.now() < end); });");
    const raw = recorder(source + "counter('x').add(1); (globalThis[Symbol.for('metric-samplers.v1')] ??= new Set()).add(sampler('raw', 100)); setInterval(() => {}, 1000);");
    const show = ({ jobs_total, busy, ...values }) => [jobs_total, busy, Object.entries(values).filter(([name]) => name.startsWith('heat')).map(([, value]) => value).sort()];
    say(await until(async () => { const shown = show(await read(url)); return shown[0] === 111 && shown; }));
    parked.postMessage('block');
    const stale = await until(async () => { const values = await read(url); return values['loadline_sampler_stale_total{scope="there"}'] > 0 && values; });
    say(show(stale));
    await parked.terminate();
    say(show(await read(url)));
    await raw.terminate();
    say(show(await read(url)));
    await until(() => kept() === 0);
    await reporters.at(0).terminate();
    // Its first answers may come before the main thread's samplers have said anything to it.
    say(await until(async () => { const shown = show(await read(url)); return shown[0] >= 111 && shown; }));
    `,
    [],
    { OTEL_EXPORTER_PROMETHEUS_PORT: String(port) },
  );
  const all = [111, 111, [1, 10, 100]];
  t.deepEqual(said.slice(0, 4), [all, all, [111, 101, [1, 100]], [111, 1, [1]]], stderr);
  t.is((said[4] as unknown[])?.[0], 111);
});

test('Under the preload a thread that only computes is seen to, and one that serves starts the agent of the process', async (t) => {
  const { said, code, stderr } = await program(
    `
    const ended = (worker) => new Promise((resolve) => worker.on('exit', resolve));
    const serving = new Worker("import { createServer } from 'node:http'; import { parentPort } from 'node:worker_threads'; const server = createServer((request, response) => { if (request.url !== '/hang') response.end('fine'); }).listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));", { eval: true });
    const port = await new Promise((resolve) => serving.once('message', resolve));
    for (let i = 0; i < 5; i++) await (await fetch('http://127.0.0.1:' + port)).text();
    const hanging = new AbortController();
    fetch('http://127.0.0.1:' + port + '/hang', { signal: hanging.signal }).catch(() => {});
    const url = 'http://127.0.0.1:' + process.env.OTEL_EXPORTER_PROMETHEUS_PORT;
    const computing = new Worker("for (;;);", { eval: true });
    const utilization = 'nodejs_eventloop_utilization_ratio{loadline_worker="2"}';
    const values = await until(async () => { const values = await read(url); return values[utilization] > 0.5 && values['loadline_http_oldest_age_seconds{loadline_worker="1"}'] > 0 && values; }, 20000);
    const sum = (values, start) => Object.entries(values).filter(([name]) => name.startsWith(start)).reduce((total, [, value]) => total + value, 0);
    say([sum(values, 'http_server_request_duration_seconds_count'), values['http_server_active_requests{http_request_method="GET",loadline_worker="1",url_scheme="http"}'], values['loadline_http_busy_time_seconds_total{loadline_worker="1"}'] > 0]);
    say(values['loadline_http_oldest_age_seconds']);
    await computing.terminate();
    hanging.abort();
    await serving.terminate();
    `,
    PRELOAD,
    { OTEL_EXPORTER_PROMETHEUS_PORT: String(await freePort()), LOADLINE_AGGREGATE: 'worker' },
  );
  t.is(code, 0, stderr);
  t.deepEqual(said, [[5, 1, true], 0], stderr);
});

tellsParked('CPU of threads with names of their own is that of workers', async (t) => {
  const { said, stderr } = await program(`${THREADS}
    const url = await start().ready;
    const worker = recorder("counter('x').add(1); for (const end = Date.now() + 700; Date.now() < end;); setInterval(() => {}, 1000);", { name: 'pdf-renderer' });
    const cpu = (values) => values['loadline_thread_cpu_time_seconds_total{thread="worker"}'] ?? 0;
    say(await until(async () => cpu(await read(url)) > 0.1));
    await worker.terminate();
    say(cpu(await read(url)) > 0.1);
  `);
  t.deepEqual(said, [true, true], stderr);
});

test('Under the preload the agent of a thread that serves ends with that of the process, and comes back with it', async (t) => {
  const { said, code, stderr } = await program(
    `
    const source = "import { createServer } from 'node:http'; import { parentPort } from 'node:worker_threads'; const server = createServer((request, response) => { const { agent, store } = globalThis[Symbol.for('loadline.state.v1')]; response.end(String(agent !== undefined)); }).listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));";
    const serving = new Worker(source, { eval: true });
    const port = await new Promise((resolve) => serving.once('message', resolve));
    const hasAgent = async () => (await (await fetch('http://127.0.0.1:' + port)).text()) === 'true';
    const url = 'http://127.0.0.1:' + process.env.OTEL_EXPORTER_PROMETHEUS_PORT;
    const age = 'loadline_eventloop_stall_age_seconds{loadline_worker="1"}';
    await until(async () => (await read(url))[age] === 0);
    say(await hasAgent());
    await stop();
    await until(async () => !(await hasAgent()));
    await start().ready;
    await until(hasAgent);
    const requests = async () => Object.entries(await read(url)).filter(([name]) => name.startsWith('http_server_request_duration_seconds_count')).reduce((sum, [, value]) => sum + value, 0);
    const before = await requests();
    await hasAgent();
    say(await until(async () => (await requests()) > before));
    await serving.terminate();
    `,
    PRELOAD,
    { OTEL_EXPORTER_PROMETHEUS_PORT: String(await freePort()) },
  );
  t.deepEqual([said, code], [[true, true], 0], stderr);
});

test('Threads end as they would without the agent: by themselves, by process.exit, by a throw, by terminate', async (t) => {
  const body = (extra: string) => `${THREADS}
    ${extra}
    const outcome = async (source) => {
      const worker = new Worker(source, { eval: true });
      let error;
      worker.on('error', (thrown) => { error = thrown.message; });
      const code = await ended(worker);
      return [code, error ?? 'none'];
    };
    const sources = ["", "setTimeout(() => {}, 1500)", "process.exit(7)", "setTimeout(() => process.exit(8), 1500)", "throw new Error('mine')", "setTimeout(() => { throw new Error('late') }, 1500)", "process.exitCode = 3", "process.on('exit', (code) => { process.exitCode = code + 5 })", "import { parentPort } from 'node:worker_threads'; parentPort.once('message', () => {}).unref()"];
    say(await Promise.all(sources.map(outcome)));
    const busy = new Worker("for (;;);", { eval: true });
    await new Promise((resolve) => busy.once('online', resolve));
    say(await busy.terminate());
  `;
  const [plain, preloaded] = await Promise.all([
    program(body('')),
    program(body("await start().ready; counter('x').add(1);"), PRELOAD),
  ]);
  t.deepEqual([preloaded.said, preloaded.code], [plain.said, plain.code], preloaded.stderr);
  t.is(plain.said.length, 2, plain.stderr);
});

test('A thread of the app has nothing of the agent in it when the process has no agent', async (t) => {
  const { said } = await program(
    `
    const worker = new Worker("import { parentPort } from 'node:worker_threads'; setTimeout(() => parentPort.postMessage(Object.keys(globalThis[Symbol.for('loadline.state.v1')]).filter((key) => key === 'store' || key === 'agent')), 1500)", { eval: true });
    say(await new Promise((resolve) => worker.once('message', resolve)));
    `,
    ['--require', REGISTER],
  );
  t.deepEqual(said, [[]]);
});
