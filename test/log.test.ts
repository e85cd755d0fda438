import { spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { oneLine } from '../src/log.ts';

const LOG = new URL('../src/log.js', import.meta.url).href;

/** A program that has `createLog` at hand. */
function program(body: string): string[] {
  return ['--input-type=module', '--eval', `import { createLog } from ${JSON.stringify(LOG)};\n${body}`];
}

function run(body: string) {
  return spawnSync(process.execPath, program(body), { encoding: 'utf8' });
}

test('a line goes to stderr with its prefix and nothing goes to stdout', (t) => {
  const { stdout, stderr, status } = run(`const log = createLog('info'); log.info('here'); log.warn('there');`);
  t.is(stderr, 'loadline: here\nloadline: there\n');
  t.is(stdout, '');
  t.is(status, 0);
});

test('warn leaves out info, silent leaves out everything', (t) => {
  const all = `log.info('a'); log.warn('b'); log.once('k', 'c');`;
  t.is(run(`const log = createLog('warn'); ${all}`).stderr, 'loadline: b\nloadline: c\n');
  t.is(run(`const log = createLog('silent'); ${all}`).stderr, '');
});

test('once says a key once, per log, and remembers at most 1000 keys', (t) => {
  const { stderr } = run(`
    const log = createLog('info'), other = createLog('info');
    for (let i = 0; i < 3; i++) log.once('same', 'first ' + i);
    other.once('same', 'other');
    for (let i = 0; i < 5000; i++) log.once('key' + i, 'line');
    log.once('same', 'again');
    log.warn('end');
  `);
  const lines = stderr.trimEnd().split('\n');
  t.deepEqual(lines.slice(0, 2), ['loadline: first 0', 'loadline: other']);
  t.is(lines.filter((line) => line === 'loadline: line').length, 999);
  t.is(lines.at(-1), 'loadline: end');
});

test('one call is one line: newlines, terminal escapes and other control characters are escaped', (t) => {
  const { stderr } = run(`createLog('info').warn('a\\nloadline: forged\\r\\x1b[2J\\0\\x7f\\x9b\\u2028\\u202e\\tz')`);
  t.is(stderr, 'loadline: a\\nloadline: forged\\u000d\\u001b[2J\\u0000\\u007f\\u009b\\u2028\\u202e\\u0009z\n');
});

test('other text, emoji too, is left as it is, and a lone surrogate is escaped', (t) => {
  t.is(oneLine('Grüße, 世界 👋 "x" \\n'), 'Grüße, 世界 👋 "x" \\n');
  t.is(oneLine('a\ud800b'), 'a\\ud800b');
});

test('a very long line is cut', (t) => {
  t.is(oneLine('x'.repeat(4000)).length, 4000);
  t.is(oneLine('x'.repeat(1_000_000)), `${'x'.repeat(4000)}…`);
  t.true(Buffer.byteLength(oneLine('\0'.repeat(1_000_000))) < 30_000);
});

test('a closed stderr ends neither the process nor its exit code', (t) => {
  const { status, stdout, signal } = run(`
    import { closeSync } from 'node:fs';
    closeSync(2);
    const log = createLog('info');
    for (let i = 0; i < 100; i++) log.warn('nobody');
    console.log('alive');
    process.exitCode = 7;
  `);
  t.is(signal, null);
  t.is(stdout, 'alive\n');
  t.is(status, 7);
});

test('a stderr whose reader has left (EPIPE) ends neither the process nor its exit code', async (t) => {
  const child = spawn(
    process.execPath,
    program(`
      process.stdin.once('data', () => {
        const log = createLog('info');
        for (let i = 0; i < 100; i++) log.warn('nobody');
        process.exit(7);
      });
    `),
    { stdio: ['pipe', 'ignore', 'pipe'] },
  );
  child.stderr.destroy();
  await new Promise((resolve) => child.stderr.once('close', resolve));
  child.stdin.write('go');
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) => {
    child.once('exit', (...ended) => resolve(ended));
  });
  t.is(signal, null);
  t.is(code, 7);
});

test('a full pipe that does not wait (EAGAIN) costs lines but neither the process nor seconds', async (t) => {
  const child = spawn(
    process.execPath,
    program(`
      import { writeSync } from 'node:fs';
      process.stderr._handle.setBlocking(false);
      const filler = Buffer.alloc(65536, 'x');
      let full = '';
      while (full === '') try { writeSync(2, filler); } catch (error) { full = error.code; }
      const log = createLog('info');
      const start = performance.now();
      for (let i = 0; i < 50; i++) log.warn('lost');
      console.log(JSON.stringify({ full, took: performance.now() - start }));
    `),
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    child.stderr.resume();
  });
  const code = await new Promise((resolve) => {
    child.once('close', resolve);
  });
  t.is(code, 0);
  const { full, took } = JSON.parse(stdout);
  t.is(full, 'EAGAIN');
  t.true(took < 10_000, `50 lines took ${took} ms`);
});

test('a line that stderr takes in parts, with refusals between them, arrives whole and once', (t) => {
  // Only a simulated stderr refuses at an exact moment; what it accepts goes to the real one.
  const { stderr, stdout } = spawnSync(
    process.execPath,
    [
      '--input-type=module',
      '--eval',
      `
      import fs from 'node:fs';
      import { syncBuiltinESMExports } from 'node:module';
      const real = fs.writeSync;
      const again = () => { throw Object.assign(new Error('full'), { code: 'EAGAIN' }); };
      const answers = [again, (bytes) => real(2, bytes.subarray(0, 12)), again, (bytes) => real(2, bytes)];
      let calls = 0;
      fs.writeSync = (_, bytes) => answers[calls++](bytes);
      syncBuiltinESMExports();
      const { createLog } = await import(${JSON.stringify(LOG)});
      createLog('info').warn('in two parts');
      real(1, String(calls));
      `,
    ],
    { encoding: 'utf8' },
  );
  t.is(stderr, 'loadline: in two parts\n');
  t.is(stdout, '4');
});

test('lines arrive complete in a file, and at once: nothing is left to a later tick', (t) => {
  const file = join(mkdtempSync(join(tmpdir(), 'loadline-log-')), 'stderr');
  const fd = openSync(file, 'w');
  const body = `const log = createLog('info'); log.warn('last words'); process.kill(process.pid, 'SIGKILL');`;
  const { signal } = spawnSync(process.execPath, program(body), { stdio: ['ignore', 'ignore', fd] });
  closeSync(fd);
  t.is(signal, 'SIGKILL');
  t.is(readFileSync(file, 'utf8'), 'loadline: last words\n');
});

test('a worker thread writes while the main thread is blocked', (t) => {
  const worker = `
    import { createLog } from ${JSON.stringify(LOG)};
    import { workerData } from 'node:worker_threads';
    createLog('info').warn('from the worker');
    Atomics.store(workerData, 0, 1);
    Atomics.notify(workerData, 0);
  `;
  const { stderr } = run(`
    import { writeSync } from 'node:fs';
    import { Worker } from 'node:worker_threads';
    const flag = new Int32Array(new SharedArrayBuffer(4));
    const url = new URL('data:text/javascript,' + encodeURIComponent(${JSON.stringify(worker)}));
    new Worker(url, { workerData: flag });
    const outcome = Atomics.wait(flag, 0, 0, 20000);
    writeSync(2, outcome);
  `);
  t.is(stderr, 'loadline: from the worker\nok');
});
