/** The command itself, as CI runs it: it measures nothing, and it notices a contender that does not count. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const ALONE = ['request', '--brief', '--only', 'none', '--framework', 'http', '--routes', '1'];

const bench = (...args: string[]) => run('bench/run.mjs', ...args);

async function run(script: string, ...args: string[]) {
  const child = spawn(process.execPath, [join(ROOT, script), ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { out, err, code };
}

/** A build of an agent that tells of so many requests, whatever there were. */
function buildThatTells(t: ExecutionContext, requests: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'loadline-bench-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'src'));
  const line = `http_server_request_duration_seconds_count{a="b"} ${requests}`;
  writeFileSync(
    join(folder, 'src/register.cjs'),
    `require('node:http').createServer((_, response) => response.end('${line}'))
      .listen(Number(process.env.OTEL_EXPORTER_PROMETHEUS_PORT), '127.0.0.1');`,
  );
  return folder;
}

test('Help is shown on request', async (t) => {
  const { out, code } = await bench('--help');
  t.is(code, 0);
  t.true(out.startsWith('npm run bench'));
});

for (const [args, reason] of [
  [['nothing'], 'there is no bench nothing'],
  [['--only', 'nobody'], 'there is no contender nobody'],
  [['--fast'], "Unknown option '--fast'"],
] as const)
  test(`A word that it does not know is refused: ${args.join(' ')}`, async (t) => {
    const { out, err, code } = await bench(...args);
    t.is(code, 2);
    t.true(err.startsWith(reason), err);
    t.is(out, '');
  });

test.serial('Loadline alone needs no peers, counts what it was sent, and is not timed in a brief run', async (t) => {
  const { out, err, code } = await bench(...ALONE);
  t.is(code, 0, err);
  t.regex(out, /\| loadline +\| +yes \|/);
  t.notRegex(out, /µs CPU +\||Targets/);
});

test.serial('An agent that tells of more requests than there were does not pass', async (t) => {
  const { out, err, code } = await bench(...ALONE, '--dist', `liar=${buildThatTells(t, 501)}`);
  t.is(code, 1);
  t.true(err.includes('liar tells of 501 requests after 500'), err);
  t.regex(out, /\| liar +\| +no \|/);
});

test.serial('A build that is not there does not pass, and the others are tried all the same', async (t) => {
  const { out, err, code } = await bench(
    ...ALONE,
    '--dist',
    'gone=/nowhere',
    '--dist',
    `right=${buildThatTells(t, 500)}`,
  );
  t.is(code, 1);
  t.true(err.includes('gone on node:http does not start'), err);
  t.regex(out, /\| right +\| +yes \|/);
});

test.serial('The parts of a request are measured in one process, on http and on Express', async (t) => {
  const { out, err, code } = await run('bench/request-parts.mjs', '--quick');
  t.is(code, 0, err);
  for (const app of ['http', 'express']) t.regex(out, new RegExp(`^\\| ${app} `, 'm'));
  t.is(out.match(/^\| the probe of loadline .*\d \|$/gm)?.length, 2, out);
});
