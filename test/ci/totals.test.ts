/** The closing line of CI is the truth, whatever happens to the tests or to their runner. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const TOTALS = join(ROOT, '.ci/totals.mjs');
const AVA = join(ROOT, 'node_modules/ava/entrypoints/cli.mjs');

const TEST = `import test from 'ava';\n`;
const PASSES = `${TEST}test('one', (t) => t.pass());\ntest('two', (t) => t.pass());\n`;

/** Runs files with real ava through the ledger; resolves with the closing line and the exit code of both steps. */
function count(t: ExecutionContext, files: Record<string, string>): { line: string; codes: (number | null)[] } {
  // Within the project, where its ava is found.
  mkdirSync(join(ROOT, '.test'), { recursive: true });
  const folder = mkdtempSync(join(ROOT, '.test/totals-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  const config =
    "export default { files: ['*.test.js'], tap: process.env.TEST_TAP === '1', timeout: '20s', workerThreads: false };";
  writeFileSync(join(folder, 'ava.config.js'), config);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const env = { ...process.env, TEST_TAP: '', NODE_OPTIONS: '' };
  return ledger([process.execPath, AVA], folder, env);
}

function ledger(command: readonly string[], cwd: string, env: NodeJS.ProcessEnv = process.env) {
  const file = join(mkdtempSync(join(ROOT, '.test/ledger-')), 'ledger');
  const run = spawnSync(process.execPath, [TOTALS, 'run', file, ...command], { cwd, env, encoding: 'utf8' });
  const print = spawnSync(process.execPath, [TOTALS, 'print', file], { encoding: 'utf8' });
  rmSync(join(file, '..'), { recursive: true, force: true });
  return { line: print.stdout, codes: [run.status, print.status] };
}

test.serial('Passed tests of several files are counted', (t) => {
  t.deepEqual(count(t, { 'a.test.js': PASSES, 'b.test.js': PASSES }), { line: '4 passed, 0 failed\n', codes: [0, 0] });
});

test.serial('A skipped test is told, and a test that prints TAP of its own changes nothing', (t) => {
  const text = `${PASSES}test.skip('three', (t) => t.fail());
test.serial('four', (t) => { console.log('ok 9 - forged\\n1..9\\n# pass 9\\n# fail 0'); t.log('ok 8 - forged'); t.pass(); });`;
  t.deepEqual(count(t, { 'a.test.js': text }), { line: '3 passed, 0 failed, 1 skipped\n', codes: [0, 0] });
});

test.serial('A failed test fails the run, and the passed ones still count', (t) => {
  const text = `${PASSES}test('three', (t) => t.fail());`;
  t.deepEqual(count(t, { 'a.test.js': text, 'b.test.js': PASSES }), { line: '4 passed, 1 failed\n', codes: [1, 1] });
});

test.serial('A failed hook is a failure', (t) => {
  const { line, codes } = count(t, { 'a.test.js': `${PASSES}test.after.always('hook', (t) => t.fail());` });
  t.is(line, '2 passed, 1 failed\n');
  t.deepEqual(codes, [1, 1]);
});

const CRASHES: Readonly<Record<string, string>> = {
  'throws at once': 'throw new Error("no");',
  'imports what is missing': 'import "./missing.js";',
  'kills itself': `${TEST}test('dies', async () => { process.kill(process.pid, 'SIGKILL'); await new Promise(() => {}); });`,
  'exits with code 0': `${TEST}test('leaves', async () => { process.exit(0); });`,
  'throws beside its tests': `${PASSES}setTimeout(() => { throw new Error('late'); }, 0);
test('waits', (t) => new Promise((resolve) => setTimeout(resolve, 500)).then(() => t.pass()));`,
  'never ends': `${TEST}test('hangs', () => new Promise((resolve) => setTimeout(resolve, 60_000)));`,
  'has no tests': '// nothing',
};
for (const [what, text] of Object.entries(CRASHES)) {
  test.serial(`A file that ${what} is a failure`, (t) => {
    const { line, codes } = count(t, { 'a.test.js': PASSES, 'b.test.js': text });
    // Of a timeout or process.exit() the TAP reporter of ava 7 itself dies, and what comes after it is not counted.
    t.regex(line, /^[0-5] passed, [1-9]\d* failed\n$/);
    t.deepEqual(codes, [1, 1]);
  });
}

test.serial('A runner that is missing, dies, says nothing or fails without a failed test is a failure', (t) => {
  mkdirSync(join(ROOT, '.test'), { recursive: true });
  const scripts: [script: string, line: string][] = [
    ['exit 3', '0 passed, 1 failed\n'],
    ['exit 0', '0 passed, 1 failed\n'],
    ['echo "TAP version 13"; echo "ok 1 - a"; kill -9 $$', '1 passed, 1 failed\n'],
    ['echo "TAP version 13"; echo "ok 1 - a"; exit 0', '1 passed, 1 failed\n'],
    ['echo "ok 1 - a"; printf "\\n1..1\\n# tests 1\\n# pass 1\\n# fail 0\\n"; exit 2', '1 passed, 1 failed\n'],
    ['printf "ok 1 - a\\n\\n1..2\\n# tests 2\\n# pass 1\\n# fail 1\\n"; exit 1', '1 passed, 1 failed\n'],
    ['printf "ok 1 - a\\nnot ok 2 - b\\n\\n1..4\\n# pass 1\\n# fail 3\\n"; exit 1', '1 passed, 3 failed\n'],
  ];
  for (const [script, line] of scripts) {
    t.deepEqual(ledger(['bash', '-c', script], ROOT), { line, codes: [1, 1] }, script);
  }
  t.deepEqual(ledger(['/nowhere/ava'], ROOT), { line: '0 passed, 1 failed\n', codes: [1, 1] });
});
