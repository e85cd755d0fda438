import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import type { Backend } from '../../src/conformance.ts';
import { start } from '../cli/command.ts';
import { startInflux } from '../examples/influx-backend.ts';

const APP = fileURLToPath(new URL('../fixtures/ending-app.js', import.meta.url));
const ADAPTER = fileURLToPath(new URL('../../examples/adapter/influx.js', import.meta.url));

/** Runs the app to its end, its only push being the last one. */
async function run(
  t: ExecutionContext,
  ends: string,
  env: NodeJS.ProcessEnv = {},
  prepare?: (backend: Backend) => Promise<void>,
) {
  const backend = await startInflux();
  t.teardown(() => backend.close());
  await prepare?.(backend);
  const { url } = backend.options as { url: string };
  const begin = performance.now();
  const ended = await start(process.execPath, [APP], { env: { MODULE: ADAPTER, URL_TO_PUSH: url, ENDS: ends, ...env } })
    .ended;
  const points = await backend.received('');
  const lastOf = (name: string) => points.findLast((point) => point.name === name)?.value;
  return {
    ...ended,
    took: performance.now() - begin,
    orders: lastOf('ending.orders'),
    sampled: lastOf('ending.sampled'),
  };
}

for (const [ends, code] of [
  ['exit', 3],
  ['naturally', 0],
  ['throw', 1],
  ['stop', 0],
] as const) {
  test.serial(`the last interval is delivered when the process ends: ${ends}`, async (t) => {
    const found = await run(t, ends, { LOADLINE_EXIT_FLUSH: '8000' });
    t.is(found.code, code, found.stderr.toString());
    t.deepEqual([found.orders, found.sampled], [7, 9]);
    t.is(found.stdout.toString(), '');
    if (ends === 'throw') t.regex(found.stderr.toString(), /Error: on purpose/);
    else t.is(found.stderr.toString(), '');
    t.notRegex(found.stderr.toString(), /loadline:/);
  });
}

test.serial('a backend that hangs holds the process up for no longer than the limit', async (t) => {
  const found = await run(t, 'exit', { LOADLINE_EXIT_FLUSH: '300' }, (backend) => backend.hang!());
  t.is(found.code, 3);
  t.is(found.orders, undefined);
  t.true(found.took < 8000, String(found.took));
});

test.serial(
  'nothing is waited for and nothing delivered when the limit is 0, and a SIGKILL loses the interval',
  async (t) => {
    t.like(await run(t, 'exit', { LOADLINE_EXIT_FLUSH: '0' }), { code: 3, orders: undefined });
    t.like(await run(t, 'kill'), { signal: 'SIGKILL', orders: undefined });
  },
);
