import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { folder, loadline, REGISTER, start } from './command.ts';

const SHOW = 'console.log(JSON.stringify({ argv: process.argv.slice(2), execArgv: process.execArgv }))';

test('without arguments the help goes to stderr with exit code 2', async (t) => {
  const { code, stdout, stderr } = await loadline([]);
  t.is(code, 2);
  t.is(stdout.length, 0);
  t.regex(stderr.toString(), /^Usage: loadline/);
});

for (const flag of ['--help', '-h', 'help']) {
  test(`${flag} prints the help with exit code 0`, async (t) => {
    const { code, stdout, stderr } = await loadline([flag]);
    t.is(code, 0);
    t.regex(stdout.toString(), /--require "\$\(loadline path\)"/);
    t.is(stderr.toString(), '');
  });
}

test('--version prints the version of the package', async (t) => {
  const wanted = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')).version;
  const { code, stdout } = await loadline(['--version']);
  t.is(code, 0);
  t.is(stdout.toString(), `${wanted}\n`);
});

test('path prints one absolute path that node can require', async (t) => {
  const { code, stdout } = await loadline(['path']);
  t.is(code, 0);
  t.is(stdout.toString(), `${REGISTER}\n`);
  const node = start(process.execPath, ['--require', REGISTER, '-p', '6 * 7']);
  t.is((await node.ended).stdout.toString(), '42\n');
});

test('a command with an argument too many is refused in one line', async (t) => {
  const { code, stdout, stderr } = await loadline(['path', 'app.js']);
  t.is(code, 2);
  t.is(stdout.length, 0);
  t.regex(stderr.toString(), /^loadline: "path" takes no arguments, got "app\.js".*--help\.\n$/);
});

test('an app that does not exist is refused in one line with exit code 2', async (t) => {
  const { code, stdout, stderr } = await loadline(['no such app.js']);
  t.is(code, 2);
  t.is(stdout.length, 0);
  t.regex(stderr.toString(), /^loadline: there is no app "no such app\.js" .+\n$/);
  t.is(stderr.toString().split('\n').length, 2);
});

test('node options without an app are refused', async (t) => {
  const { code, stderr } = await loadline(['--max-old-space-size=100']);
  t.is(code, 2);
  t.regex(stderr.toString(), /^loadline: no app after "--max-old-space-size=100"/);
});

test('the app gets its arguments unchanged: spaces, quotes, unicode, empty ones, flags', async (t) => {
  const cwd = folder({ 'my app.js': SHOW });
  const wanted = [
    'two words',
    '',
    '"quoted"',
    "it's",
    '$HOME',
    '*',
    'naïve 漢字 🚢',
    '--help',
    '--',
    '-e',
    'a\nb',
    '\\',
  ];
  const { code, stdout } = await loadline(['my app.js', ...wanted], { cwd });
  t.is(code, 0);
  t.deepEqual(JSON.parse(stdout.toString()).argv, wanted);
});

test('the agent is required first, then node gets its own options', async (t) => {
  const cwd = folder({ 'app.js': SHOW, 'before.cjs': 'console.log("before")' });
  const { stdout } = await loadline(['--max-old-space-size=64', '--require', './before.cjs', 'app.js', 'x'], { cwd });
  const [before, shown] = stdout.toString().split('\n');
  t.is(before, 'before');
  t.deepEqual(JSON.parse(shown!), {
    argv: ['x'],
    execArgv: ['--require', REGISTER, '--max-old-space-size=64', '--require', './before.cjs'],
  });
});

test('apps are found as node finds them', async (t) => {
  const cwd = folder({ 'app.js': SHOW, 'index.js': SHOW, 'esm.mjs': 'await 1; console.log("[]")', path: SHOW });
  for (const app of ['app', 'app.js', './app.js', '.', join(cwd, 'app.js'), 'esm.mjs', './path']) {
    const { code, stderr } = await loadline([app], { cwd });
    t.is(code, 0, `${app}: ${stderr}`);
  }
});

test('code on the command line and on stdin runs as with node', async (t) => {
  t.is((await loadline(['-p', '6 * 7'])).stdout.toString(), '42\n');
  t.is((await loadline(['--eval=console.log(1)'])).stdout.toString(), '1\n');
  t.is((await loadline(['-'], { input: Buffer.from('console.log(2)') })).stdout.toString(), '2\n');
});

for (const wanted of [0, 1, 7, 255]) {
  test(`exit code ${wanted} is passed on`, async (t) => {
    const { code, signal } = await loadline(['-e', `process.exit(${wanted})`]);
    t.is(code, wanted);
    t.is(signal, null);
  });
}

test('a crash looks exactly as under node', async (t) => {
  const cwd = folder({ 'app.js': 'setTimeout(() => { throw new TypeError("boom") }, 5)' });
  const ours = await loadline(['app.js'], { cwd });
  const plain = await start(process.execPath, ['app.js'], { cwd }).ended;
  t.is(ours.code, 1);
  t.is(ours.code, plain.code);
  t.is(ours.stderr.toString(), plain.stderr.toString());
  t.is(ours.stdout.toString(), plain.stdout.toString());
});

test('stdin, stdout and stderr pass byte for byte', async (t) => {
  const input = randomBytes(1_000_000);
  const app = 'process.stdin.on("data", (data) => { process.stdout.write(data); process.stderr.write(data); })';
  const { code, stdout, stderr } = await loadline(['-e', app], { input });
  t.is(code, 0);
  t.true(stdout.equals(input));
  t.true(stderr.equals(input));
});
