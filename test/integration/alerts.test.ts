/** Debian's promtool on the alert rules. Package: prometheus. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { need } from '../support/packages.ts';

const FOLDER = fileURLToPath(new URL('../../../dashboards/', import.meta.url));

function promtool(...args: string[]): { readonly status: number | null; readonly output: string } {
  const { status, stdout, stderr } = spawnSync(need('promtool'), args, { cwd: FOLDER, encoding: 'utf8' });
  return { status, output: stdout + stderr };
}

test('promtool accepts the alert rules', (t) => {
  const { status, output } = promtool('check', 'rules', 'alerts.yml');
  t.is(status, 0, output);
  t.regex(output, /SUCCESS: \d+ rules found/);
});

test('Each alert fires on what it is about, not before its time, and none on a healthy service', (t) => {
  const { status, output } = promtool('test', 'rules', 'alerts.test.yml');
  t.is(status, 0, output);
});
