import { join } from 'node:path';
import test from 'ava';
import { copyOfPackage, freePort, PRELOAD, program } from './app.ts';

test('What is recorded before start() is kept', async (t) => {
  const { said } = await program(`
    counter('early').add(3, { a: 1 });
    const url = await start().ready;
    counter('early').add(4, { a: 1 });
    say((await read(url))['early_total{a="1"}']);
  `);
  t.deepEqual(said, [7]);
});

test('A counter that was recorded before anything listened is served under the preload within seconds', async (t) => {
  const port = String(await freePort());
  const { said, stderr } = await program(
    `
    counter('early').add(3);
    const alive = setInterval(() => {}, 1000);
    say(await until(async () => (await read('http://127.0.0.1:${port}')).early_total));
    clearInterval(alive);
    `,
    PRELOAD,
    { OTEL_EXPORTER_PROMETHEUS_PORT: port },
  );
  t.deepEqual(said, [3], stderr);
});

test('Bounds from the environment hold for the first histogram of all, made before start()', async (t) => {
  const { said } = await program(
    `
    const { histogram } = await import(INDEX);
    histogram('first', { bounds: [1, 2, 3] }).record(1.5);
    const text = await read(await start().ready);
    say(Object.keys(text).filter((key) => key.startsWith('first_bucket')).length);
    `,
    [],
    { LOADLINE_BOUNDS: 'first=5' },
  );
  t.deepEqual(said, [2]);
});

test('Started twice it starts once, and says so only when the second call had options', async (t) => {
  const { said, lines } = await program(
    `
    let threads = 0;
    process.on('worker', () => threads++);
    const server = createServer().listen(0);
    const agents = [start(), start(), start({ serviceName: 'other' })];
    await agents[0].ready;
    const again = createServer().listen(0);
    await sleep(100);
    say({ threads, same: agents.every((agent) => agent === agents[0]) });
    server.close();
    again.close();
    `,
    PRELOAD,
  );
  t.deepEqual(said, [{ threads: 1, same: true }]);
  t.is(lines.length, 1);
  t.regex(lines[0]!, /serviceName.*\[ERR_LOADLINE_STARTED_TWICE\]$/);
});

test('Two copies of the package share one agent and one map', async (t) => {
  const copy = join(copyOfPackage(), 'src/index.js');
  const { said, lines } = await program(
    `
    let threads = 0;
    process.on('worker', () => threads++);
    const other = await import(${JSON.stringify(copy)});
    counter('shared').add(1);
    other.counter('shared').add(10);
    const agent = other.start();
    const same = agent === start();
    counter('shared').add(100);
    other.counter('later').add(1);
    counter('later').add(1);
    const values = await read(await agent.ready);
    say({ threads, same, shared: values.shared_total, later: values.later_total });
    await stop();
    say(await read(await other.start().ready).then((values) => values.shared_total));
    `,
    PRELOAD,
  );
  t.deepEqual(said, [{ threads: 1, same: true, shared: 111, later: 2 }, 111]);
  t.deepEqual(lines, []);
});

test('After await stop() the port and the thread are gone; start, stop, start counts on', async (t) => {
  const { said, code, stderr } = await program(`
    const exits = [];
    process.on('worker', (worker) => worker.on('exit', (code) => exits.push(code)));
    for (let round = 1; round <= 3; round++) {
      const url = await start({ prometheus: { port: 0 } }).ready;
      counter('rounds').add(1);
      const value = (await read(url)).rounds_total;
      await Promise.all([stop(), stop()]);
      await stop();
      const refused = await read(url).then(() => 'answered', () => 'refused');
      say({ value, refused, exits: exits.length });
    }
  `);
  t.is(code, 0, stderr);
  t.deepEqual(
    said,
    [1, 2, 3].map((round) => ({ value: round, refused: 'refused', exits: round })),
  );
});

test('An agent that is started while the last one is being stopped takes its place, port and counts', async (t) => {
  const { said, lines, code } = await program(
    `
    const threads = [];
    process.on('worker', (worker) => threads.push(worker));
    const first = start();
    await first.ready;
    counter('rounds').add(1);
    const stopped = stop();
    const second = start();
    say([second === first, second === start()]);
    const values = await read(await second.ready);
    say([values.rounds_total, threads.length]);
    await stopped;
    const over = second.stop();
    const third = start();
    const cancelled = third.stop();
    const fourth = start();
    say([(await third.ready) ?? 'none', (await read(await fourth.ready)).rounds_total]);
    await Promise.all([over, cancelled]);
    say((await read(await fourth.ready)).rounds_total);
    void stop();
    const waited = stop();
    await waited;
    say([threads.length, await read(await first.ready).catch(() => 'refused')]);
    `,
    [],
    { OTEL_EXPORTER_PROMETHEUS_PORT: String(await freePort()) },
  );
  t.deepEqual(said, [[false, true], [1, 2], ['none', 1], 1, [3, 'refused']]);
  t.deepEqual([lines, code], [[], 0]);
});

test('An agent that is started while the last one is being stopped ends with the process like any other', async (t) => {
  const { code, stderr } = await program(`
    await start().ready;
    void stop();
    start();
  `);
  t.deepEqual([code, stderr], [0, '']);
});

test('An agent that was stopped stays stopped, also under the preload', async (t) => {
  const { said } = await program(
    `
    let threads = 0;
    process.on('worker', () => threads++);
    counter('things').add(1);
    await start().ready;
    await stop();
    await sleep(1300);
    const server = createServer().listen(0);
    await sleep(200);
    say(threads);
    server.close();
    `,
    PRELOAD,
  );
  t.deepEqual(said, [1]);
});

test('The process ends by itself when the app is done, with start() and under the preload', async (t) => {
  const bodies = [
    `start(); counter('a').add(1);`,
    `createServer().listen(0, function () { setTimeout(() => this.close(), 300); });`,
    `register({ scope: { name: 's' }, sample() {} }); await start().ready;`,
    `await start().ready; setTimeout(() => {}, 300);`,
  ];
  const runs = await Promise.all(bodies.flatMap((body) => [program(body), program(body, PRELOAD)]));
  for (const { code, stderr, signal } of runs) t.deepEqual([code, signal, stderr], [0, null, '']);
});

test('Awaiting ready once ended the process with code 13, since nothing kept it alive', async (t) => {
  const { code, said } = await program(`say(typeof (await start().ready));`);
  t.deepEqual([code, said], [0, ['string']]);
});

test('Awaiting ready resolves when the agent is stopped before', async (t) => {
  const { code, said } = await program(`
    const { ready } = start();
    const stopped = stop();
    say((await ready) === undefined ? 'none' : 'some');
    await stopped;
  `);
  t.is(code, 0);
  t.is(said.length, 1);
});

test('OTEL_SDK_DISABLED=true: no thread, no port, no line, and instruments cost nothing but their write', async (t) => {
  const { said, stderr, code } = await program(
    `
    let threads = 0;
    process.on('worker', () => threads++);
    counter('things').add(1);
    const server = createServer().listen(0);
    const url = await start().ready;
    await sleep(1200);
    say({ threads, url: url ?? 'none' });
    server.close();
    await stop();
    `,
    PRELOAD,
    { OTEL_SDK_DISABLED: 'true' },
  );
  t.deepEqual([said, stderr, code], [[{ threads: 0, url: 'none' }], '', 0]);
});

test('Subscribers that come after the preload still hear of the first server that listens', async (t) => {
  const { said } = await program(
    `
    const { subscribe } = await import('node:diagnostics_channel');
    const heard = [];
    for (const name of ['asyncStart', 'asyncEnd']) subscribe('tracing:net.server.listen:' + name, () => heard.push(name));
    const server = createServer().listen(0);
    await until(() => heard.includes('asyncEnd'), 2000).catch(() => {});
    say(heard);
    server.close();
    `,
    PRELOAD,
  );
  t.deepEqual(said, [['asyncStart', 'asyncEnd']]);
});
