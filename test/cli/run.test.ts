import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { onlyWhere } from '../support/only-where.ts';
import { CLI, folder, start } from './command.ts';

/** Counts `signal`s, and says how many there were half a second after the first. */
const counter = (signal: string) => `
  let count = 0;
  process.on('${signal}', () => {
    if (++count === 1) setTimeout(() => { console.log('count ' + count); process.exit(3); }, 500);
  });
  setInterval(() => {}, 1000);
  console.log('ready');`;

const FOREVER = 'setInterval(() => {}, 1000); console.log("ready " + process.pid)';

const run = (code: string) => start(process.execPath, [CLI, '-e', code]);

const isAlive = (pid: number) =>
  existsSync(`/proc/${pid}`) && !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));

for (const signal of ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGUSR2', 'SIGWINCH'] as const) {
  test(`${signal} reaches the app exactly once, and its exit code comes back`, async (t) => {
    const running = run(counter(signal));
    await running.said('ready');
    running.child.kill(signal);
    const { code, stdout } = await running.ended;
    t.is(stdout.toString(), 'ready\ncount 1\n');
    t.is(code, 3);
  });
}

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR2'] as const) {
  test(`an app without a handler dies of ${signal}, and so does loadline`, async (t) => {
    const running = run(FOREVER);
    await running.said('ready');
    running.child.kill(signal);
    const ended = await running.ended;
    t.is(ended.signal, signal);
    t.is(ended.code, null);
    t.is(ended.stderr.toString(), '');
  });
}

for (const signal of ['SIGKILL', 'SIGTERM', 'SIGABRT'] as const) {
  test(`when the app itself is ended by ${signal}, loadline ends by it too`, async (t) => {
    const running = run(`process.kill(process.pid, '${signal}'); setInterval(() => {}, 1000)`);
    t.is((await running.ended).signal, signal);
  });
}

test('an app that ignores SIGTERM keeps running, and loadline with it', async (t) => {
  const running = run(`process.on('SIGTERM', () => console.log('no')); ${FOREVER}`);
  await running.said('ready');
  running.child.kill('SIGTERM');
  await running.said('no');
  await sleep(200);
  t.is(running.child.exitCode, null);
  t.is(running.child.signalCode, null);
  running.child.kill('SIGTERM');
  const pid = Number(/ready (\d+)/.exec(running.output())?.[1]);
  process.kill(pid, 'SIGKILL');
  t.is((await running.ended).signal, 'SIGKILL');
});

test('a signal at any moment of the start leaves no process behind', async (t) => {
  const cwd = folder({ 'app.js': `require('fs').writeFileSync('pid', String(process.pid)); ${FOREVER}` });
  for (const delay of [0, 20, 40, 60, 90, 150]) {
    const running = start(process.execPath, [CLI, 'app.js'], { cwd });
    await sleep(delay);
    running.child.kill('SIGTERM');
    t.is((await running.ended).signal, 'SIGTERM');
    if (existsSync(join(cwd, 'pid'))) t.false(isAlive(Number(readFileSync(join(cwd, 'pid'), 'utf8'))));
  }
});

const terminal = onlyWhere(existsSync('/usr/bin/script'), '/usr/bin/script');

terminal('Ctrl-C on a terminal reaches the app exactly once', async (t) => {
  const cwd = folder({ 'app.js': counter('SIGINT') });
  // Without exec, a shell that stays in between (dash does) would die of the same Ctrl-C and give its own code.
  const command = `exec '${process.execPath}' '${CLI}' app.js`;
  // Two signals may arrive as one when they are close together, so that a doubled one shows up only most of the time.
  for (let round = 0; round < 5; round++) {
    const running = start('/usr/bin/script', ['-qec', command, '/dev/null'], { cwd });
    await running.said('ready');
    running.child.stdin!.write('\x03');
    const { code, stdout } = await running.ended;
    t.regex(stdout.toString(), /count 1\r?\n/);
    t.is(code, 3);
  }
});
