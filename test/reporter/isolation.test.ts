import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import test from 'ava';
import { freePort, PRELOAD, program, REGISTER, run, temporaryFolder } from './app.ts';

/** A preload that notes each thread that loads it, each thread that is made, and each server that listens. */
function otherAgent(): { readonly file: string; notes(): string[] } {
  const folder = temporaryFolder();
  const file = join(folder, 'other-agent.cjs');
  const notes = join(folder, 'notes');
  writeFileSync(notes, '');
  writeFileSync(
    file,
    `
    const { appendFileSync } = require('node:fs');
    const { threadId } = require('node:worker_threads');
    const http = require('node:http');
    const note = (text) => appendFileSync(${JSON.stringify(notes)}, text + '\\n');
    note('loaded in thread ' + threadId);
    process.on('worker', (worker) => note('made thread ' + worker.threadId));
    require('node:diagnostics_channel').subscribe('tracing:net.server.listen:asyncEnd', () => note('listening in thread ' + threadId));
    const { emit } = http.Server.prototype;
    http.Server.prototype.emit = function (...args) { return emit.apply(this, args); };
    globalThis.setTimeout = ((inner) => (...args) => inner(...args))(globalThis.setTimeout);
    `,
  );
  return { file, notes: () => readFileSync(notes, 'utf8').split('\n').filter(Boolean) };
}

const SCRAPE = `
  const server = createServer((request, response) => response.end('fine')).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  counter('things').add(1);
  await (await fetch('http://127.0.0.1:' + server.address().port, { headers: { connection: 'close' } })).text();
  say((await read(await start().ready)).things_total);
  server.close();
`;

test('Beside another preload the reporter thread loads neither of the two, however they were asked for', async (t) => {
  const asked: ((other: string) => [flags: readonly string[], env: Record<string, string>])[] = [
    (other) => [[], { NODE_OPTIONS: `--require ${other} --require ${REGISTER}` }],
    (other) => [[], { NODE_OPTIONS: `--require ${REGISTER} --require ${other}` }],
    (other) => [[...PRELOAD, '--require', other], {}],
    (other) => [['--require', other, ...PRELOAD], { NODE_OPTIONS: `--require ${REGISTER} --no-warnings` }],
    (other) => [['--import', REGISTER, '--require', other], {}],
  ];
  await Promise.all(
    asked.map(async (make, i) => {
      const other = otherAgent();
      const [flags, env] = make(other.file);
      // On a busy machine a start-up is a stall, and says so.
      env.LOADLINE_STALL_THRESHOLD = '60000';
      const { said, code, stderr } = await program(SCRAPE, flags, env);
      t.deepEqual([said, code, stderr], [[1], 0, ''], String(i));
      const notes = other.notes();
      t.deepEqual(
        notes,
        ['loaded in thread 0', 'listening in thread 0', 'made thread 1'].sort(byOrderOf(notes)),
        String(i),
      );
    }),
  );
});

/** The same notes in whatever order they came. */
function byOrderOf(notes: readonly string[]) {
  return (a: string, b: string) => notes.indexOf(a) - notes.indexOf(b);
}

const TSC = createRequire(import.meta.url)
  .resolve('typescript/package.json')
  .replace(/package\.json$/, 'bin/tsc');

test('Short commands under NODE_OPTIONS open no port, start no thread and print what they always print', async (t) => {
  const commands: [string, string[]][] = [
    [process.execPath, ['-e', '0']],
    [process.execPath, ['--version']],
    [process.execPath, ['-p', 'process.argv.length']],
    [process.execPath, [TSC, '--version']],
    ['npm', ['--version']],
    [process.execPath, ['-e', 'throw new Error("mine")']],
    [process.execPath, ['-e', 'process.exitCode = 9; setTimeout(() => {}, 1200)']],
  ];
  await Promise.all(
    commands.map(async ([command, args]) => {
      const other = otherAgent();
      const [plain, preloaded] = await Promise.all([
        run(command, args, { NODE_OPTIONS: `--require ${other.file}` }),
        run(command, args, { NODE_OPTIONS: `--require ${REGISTER} --require ${other.file}` }),
      ]);
      t.deepEqual(preloaded, plain, args.join(' '));
      const notes = other.notes().filter((note) => !note.startsWith('loaded'));
      t.deepEqual(notes, [], args.join(' '));
    }),
  );
});

test('What worker threads record adds to the totals, also of one that is gone at once; their gauges say whose they are', async (t) => {
  const { said, code, stderr } = await program(`
    const url = await start().ready;
    counter('things').add(1);
    gauge('level').set(0.5);
    const recorder = (source) => new Worker('import(' + JSON.stringify(INDEX) + ').then(({ counter, gauge, histogram }) => {' + source + '})', { eval: true });
    const short = recorder("counter('things').add(10);");
    await new Promise((resolve) => short.on('exit', resolve));
    const long = recorder("counter('things').add(100, {}); gauge('level').set(7); histogram('h').record(1); setInterval(() => counter('things').add(0), 50);");
    const values = await until(async () => { const values = await read(url); return values.things_total === 111 && values.h_count === 1 && values; });
    say({ main: values.level, workers: Object.entries(values).filter(([key]) => key.startsWith('level{')), count: values.h_count });
    await long.terminate();
    say((await read(url)).things_total);
  `);
  t.is(code, 0, stderr);
  t.deepEqual(said, [{ main: 0.5, workers: [['level{loadline_worker="1"}', 7]], count: 1 }, 111]);
});

test('A worker thread that recorded before the reporter was there is asked again', async (t) => {
  const { said } = await program(`
    const worker = new Worker('import(' + JSON.stringify(INDEX) + ').then(({ counter, gauge }) => { counter("things").add(10); setInterval(() => {}, 1000); })', { eval: true });
    await sleep(500);
    const url = await start().ready;
    say(await until(async () => (await read(url)).things_total));
    await worker.terminate();
  `);
  t.deepEqual(said, [10]);
});

test('A thread of the app that starts the agent itself is counted in the one reporter of the process', async (t) => {
  const { said, stderr } = await program(`
    let threads = 0;
    process.on('worker', () => threads++);
    const url = await start().ready;
    const worker = new Worker('import(' + JSON.stringify(INDEX) + ').then(async ({ counter, start, stop }) => { const agent = start(); await agent.ready; counter("things").add(10); await stop(); start(); counter("things").add(5); })', { eval: true });
    say(await until(async () => (await read(url)).things_total === 15));
    say(threads);
    await worker.terminate();
  `);
  t.deepEqual([said, stderr], [[true, 2], '']);
});

test('Counts of a worker thread that is gone once fell to nothing when the reporter was started again', async (t) => {
  const { said, stderr } = await program(
    `
    const reporters = [];
    process.on('worker', (worker) => reporters.push(worker));
    const agent = start();
    const url = await agent.ready;
    const worker = new Worker('import(' + JSON.stringify(INDEX) + ').then(({ counter }) => counter("things").add(10))', { eval: true });
    await new Promise((resolve) => worker.on('exit', resolve));
    await until(async () => (await read(url)).things_total === 10);
    await reporters[0].terminate();
    say(await until(async () => (await read(url)).things_total));
    await stop();
    say((await read(await start().ready)).things_total);
    `,
    [],
    { OTEL_EXPORTER_PROMETHEUS_PORT: String(await freePort()) },
  );
  t.deepEqual(said, [10, 10], stderr);
});
