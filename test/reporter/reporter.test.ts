import { rmSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { copyOfPackage, freePort, PRELOAD, program } from './app.ts';

test('A reporter thread that is killed is started again within a second, and no count is lost', async (t) => {
  const port = String(await freePort());
  const { said, lines, code, stderr } = await program(
    `
    const workers = [];
    process.on('worker', (worker) => workers.push(worker));
    const server = createServer().listen(0);
    const url = await start().ready;
    const things = counter('things');
    things.add(5);
    const before = await read(url);
    await workers[0].terminate();
    const died = performance.now();
    things.add(6);
    const after = await until(() => read(url));
    const took = performance.now() - died;
    things.add(7);
    say({ before: before.things_total, after: after.things_total, last: (await read(url)).things_total, workers: workers.length });
    say(took);
    server.close();
    `,
    PRELOAD,
    { OTEL_EXPORTER_PROMETHEUS_PORT: port },
  );
  t.is(code, 0, stderr);
  t.deepEqual(said[0], { before: 5, after: 11, last: 18, workers: 2 });
  t.true((said[1] as number) < 10_000, `${said[1]} ms`);
  t.is(lines.length, 1, stderr);
  t.regex(lines[0]!, /started again.*\[ERR_LOADLINE_REPORTER_DIED\]$/);
});

test('Three deaths in a minute end it with one clear line, and the app runs on to its own exit code', async (t) => {
  const { said, lines, code } = await program(
    `
    let deaths = 0;
    process.on('worker', (worker) => worker.once('online', () => { deaths++; worker.terminate(); }));
    const server = createServer((request, response) => response.end('fine')).listen(0);
    await until(() => deaths === 3, 30000);
    await sleep(300);
    counter('things').add(1);
    const answer = await (await fetch('http://127.0.0.1:' + server.address().port)).text();
    say({ deaths, answer, url: (await start().ready) ?? 'none' });
    await stop();
    server.close();
    process.exitCode = 7;
    `,
    PRELOAD,
  );
  t.is(code, 7);
  t.deepEqual(said, [{ deaths: 3, answer: 'fine', url: 'none' }]);
  t.deepEqual(
    lines.map((line) => /\[(\w+)\]$/.exec(line)?.[1]),
    ['ERR_LOADLINE_REPORTER_DIED', 'ERR_LOADLINE_REPORTER_DIED', 'ERR_LOADLINE_REPORTER_GAVE_UP'],
  );
});

test('The line about a death names the error that the thread died of', async (t) => {
  const { lines, code } = await program(
    `
    process.on('worker', (worker) => worker.once('online', () => worker.emit('error', new RangeError('heap')) && worker.terminate()));
    const server = createServer().listen(0);
    await new Promise((resolve) => process.once('worker', (worker) => worker.once('exit', resolve)));
    server.close();
    `,
    PRELOAD,
  );
  t.is(code, 0);
  t.is(lines.length, 1);
  t.regex(lines[0]!, /died \(heap\)/);
});

test('Where the permission model denies threads there is one line, and the app is unchanged', async (t) => {
  const major = Number(process.versions.node.split('.')[0]);
  const flag = major < 22 ? '--experimental-permission' : '--permission';
  const flags = [flag, '--allow-fs-read=*', ...(major >= 25 ? ['--allow-net'] : [])];
  const body = `
    const server = createServer((request, response) => response.end('fine')).listen(0, '127.0.0.1', async () => {
      say(await (await fetch('http://127.0.0.1:' + server.address().port, { headers: { connection: 'close' } })).text());
      server.close();
      process.exitCode = 3;
    });
  `;
  const [without, having] = await Promise.all([program(body, flags), program(body, [...flags, ...PRELOAD])]);
  t.is(without.stdout, '"fine"\n', without.stderr);
  t.is(having.stdout, without.stdout, having.stderr);
  t.deepEqual([having.code, without.code], [3, 3]);
  t.is(having.lines.length, 1, having.stderr);
  t.regex(having.lines[0]!, /\[ERR_LOADLINE_WORKER_DENIED\]$/);
  const others = having.stderr.split('\n').filter((line) => !line.startsWith('loadline: '));
  t.is(others.length, without.stderr.split('\n').length);
});

test('Where the reporter file is missing, as in a bundle, there is one line, and the app is unchanged', async (t) => {
  const copy = copyOfPackage();
  rmSync(join(copy, 'src/reporter/worker.js'));
  const body = `
    const server = createServer((request, response) => response.end('fine')).listen(0, '127.0.0.1', async () => {
      say(await (await fetch('http://127.0.0.1:' + server.address().port)).text());
      server.close();
      process.exitCode = 4;
    });
  `;
  const { said, lines, code } = await program(body, ['--require', join(copy, 'src/register.cjs')]);
  t.deepEqual([said, code], [['fine'], 4]);
  t.is(lines.length, 1);
  t.regex(lines[0]!, /worker\.js.*\[ERR_LOADLINE_REPORTER_FILE\]$/);
});

test('A port that is taken gives one clear line, and the app runs on', async (t) => {
  const { said, lines, code } = await program(`
    const holder = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => holder.on('listening', resolve));
    const url = await start({ prometheus: { port: holder.address().port } }).ready;
    say({ url: url ?? 'none' });
    counter('things').add(1);
    holder.close();
    process.exitCode = 5;
  `);
  t.deepEqual([said, code], [[{ url: 'none' }], 5]);
  t.is(lines.length, 1);
  t.regex(lines[0]!, /in use.*\[ERR_LOADLINE_PORT_IN_USE\]$/);
});

test('Nonsense on the channel that maps are announced on kills neither the reporter nor a worker thread', async (t) => {
  const { said, lines, code, stderr } = await program(`
    const url = await start().ready;
    const worker = new Worker(\`import(\${JSON.stringify(INDEX)}).then(({ counter }) => { counter('things').add(2); setInterval(() => {}, 1000); })\`, { eval: true });
    worker.on('error', (error) => say({ error: error.message }));
    await until(async () => (await read(url)).things_total === 2);
    const channel = new BroadcastChannel('loadline.maps.v1');
    for (const nonsense of [null, undefined, 5, 'map', {}, { type: 'map' }, { type: 'map', map: null }, { type: 'map', map: new SharedArrayBuffer(8) }, { type: 'hello' }, { type: 'samples', threadId: 'x' }, { type: 'ended' }]) channel.postMessage(nonsense);
    const threads = new BroadcastChannel('loadline.threads.v1');
    for (const nonsense of [null, 7, {}, { type: 'announce', to: 'x' }]) threads.postMessage(nonsense);
    threads.close();
    await sleep(300);
    say({ things: (await read(url)).things_total });
    channel.close();
    await worker.terminate();
  `);
  t.is(code, 0, stderr);
  t.deepEqual(said, [{ things: 2 }]);
  t.is(lines.length, 1, stderr);
  t.regex(lines[0]!, /worker thread's numbers are left out/);
});
