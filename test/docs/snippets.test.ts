import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import test from 'ava';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const contributing = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8');
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> };

/** A folder where `loadline` is installed, as a user's would be. */
const folder = mkdtempSync(join(tmpdir(), 'loadline-snippets-'));
mkdirSync(join(folder, 'node_modules'));
symlinkSync(root, join(folder, 'node_modules', 'loadline'));
test.after.always(() => rmSync(folder, { recursive: true }));

const blocks = [...readme.matchAll(/^```js\n(.*?)^```/gms)].map(([, code]) => code!);

test('the README has snippets to run', (t) => {
  t.true(blocks.length >= 4);
});

for (const [index, code] of blocks.entries()) {
  test(`snippet ${index + 1} of the README runs, says nothing and ends by itself: ${code.split('\n')[0]}`, async (t) => {
    const file = join(folder, `snippet-${index}.mjs`);
    writeFileSync(file, code);
    const env = {
      ...process.env,
      OTEL_EXPORTER_PROMETHEUS_HOST: '127.0.0.1',
      OTEL_EXPORTER_PROMETHEUS_PORT: '0',
      // On a busy machine a start-up is a stall, and says so.
      LOADLINE_STALL_THRESHOLD: '60000',
    };
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [file], { env, timeout: 20_000 });
    t.is(stdout + stderr, '');
  });
}

test('every npm script that README and CONTRIBUTING name exists', (t) => {
  const named = [...(readme + contributing).matchAll(/npm run ([\w:]+)/g)].map(([, name]) => name!);
  t.true(named.length > 0);
  t.deepEqual(
    named.filter((name) => !(name in scripts)),
    [],
  );
});

test('every file that README and CONTRIBUTING link to exists', (t) => {
  const linked = [...(readme + contributing).matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(([, path]) => path!);
  t.true(linked.length > 0);
  for (const path of linked) t.notThrows(() => readFileSync(join(root, path)), path);
});
