/** The demo as a real process, under the real agent. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { USUAL_PORT } from '../../examples/demo/shop.ts';
import { type Running, start } from '../cli/command.ts';
import { onlyWhere } from '../support/only-where.ts';

const MAIN = fileURLToPath(new URL('../../examples/demo/main.js', import.meta.url));
const demo = (...flags: string[]): Running => start(process.execPath, [MAIN, ...flags]);
const linux = onlyWhere(process.platform === 'linux', '/proc', test.serial);

/** The shop of a running demo. */
function shopOf({ child }: Running): number {
  const tasks = readdirSync(`/proc/${child.pid}/task`);
  const children = tasks.map((task) => readFileSync(`/proc/${child.pid}/task/${task}/children`, 'latin1'));
  return Number.parseInt(children.join(' ').trim(), 10);
}

async function isGone(pid: number): Promise<boolean> {
  for (let tries = 0; tries < 100 && existsSync(`/proc/${pid}`); tries++) await sleep(100);
  return !existsSync(`/proc/${pid}`);
}

test.serial('--for ends the demo with tables, a summary and exit code 0', async (t) => {
  const { code, stdout, stderr } = await demo('--for', '8s', '--rate', '40').ended;
  const text = stdout.toString();
  t.is(code, 0, stderr.toString());
  t.is(stderr.toString(), '');
  t.regex(text, /^(port 9464 .*\n)?dashboard at http:\/\/127\.0\.0\.1:\d+\/\n/);
  t.regex(text, /metrics: http:\/\/127\.0\.0\.1:\d+\/metrics/);
  t.regex(text, /GET \/api\/products\/:id +\d+\.\d +\d/);
  t.regex(
    text,
    /process: \d+\.\d req\/s, queue p99 \d.*, loop \d+ %, CPU \d+ %, in flight \d+, RSS \d+\.\d MB {2}http/,
  );
  t.regex(text, /summary of \d/);
  const sent = Number(/Clients sent (\d+) requests .* broken\.\n$/.exec(text)?.[1]);
  t.true(sent > 250 && sent < 600, text);
  t.false(text.includes('\x1b'));
  t.false(text.includes('NaN'));
});

test.serial('when the usual port is taken, the demo says so and takes another', async (t) => {
  const server = createServer();
  await new Promise<void>((resolve) => server.once('error', () => resolve()).listen(USUAL_PORT, '127.0.0.1', resolve));
  const { code, stdout } = await demo('--for', '500ms').ended;
  server.close();
  t.is(code, 0);
  t.regex(stdout.toString(), /^port 9464 is taken, so \/metrics is on \d+\n/);
});

linux('Ctrl-C ends the demo with its summary, exit code 0 and no process left', async (t) => {
  const running = demo();
  await running.said('process: ');
  const shop = shopOf(running);
  running.child.kill('SIGINT');
  const { code, stdout, stderr } = await running.ended;
  t.is(code, 0, stderr.toString());
  t.regex(stdout.toString(), /summary of/);
  t.true(await isGone(shop));
});

linux('a demo that is killed takes the shop with it', async (t) => {
  const running = demo();
  await running.said('metrics: ');
  const shop = shopOf(running);
  t.true(shop > 0);
  running.child.kill('SIGKILL');
  t.is((await running.ended).signal, 'SIGKILL');
  t.true(await isGone(shop));
});

linux('a shop that dies ends the demo soon, with a clear line and exit code 1', async (t) => {
  const running = demo();
  await running.said('metrics: ');
  const began = performance.now();
  process.kill(shopOf(running), 'SIGKILL');
  const { code, stderr } = await running.ended;
  t.is(code, 1);
  t.is(stderr.toString(), 'demo: the shop was ended by SIGKILL\n');
  t.true(performance.now() - began < 8000);
});

linux('an output that is closed ends the demo', async (t) => {
  const running = demo();
  await running.said('metrics: ');
  const shop = shopOf(running);
  running.child.stdout!.destroy();
  const { code, stderr } = await running.ended;
  t.is(code, 0, stderr.toString());
  t.is(stderr.toString(), '');
  t.true(await isGone(shop));
});

test('--help goes to stdout with exit code 0, a bad flag to stderr in one line with exit code 2', async (t) => {
  const help = await demo('--help').ended;
  t.is(help.code, 0);
  t.regex(help.stdout.toString(), /^Usage: npm run demo/);
  const bad = await demo('--for', 'ever').ended;
  t.is(bad.code, 2);
  t.is(bad.stdout.toString(), '');
  t.regex(bad.stderr.toString(), /^demo: --for wants a time .*got "ever"\.\n$/);
});
