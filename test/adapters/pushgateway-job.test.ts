/** Jobs that are over before anybody looks, under the preload. */
import test from 'ava';
import { PRELOAD, run } from '../reporter/app.ts';
import { runJob } from './batch-job.ts';
import { startGateway, status } from './pushgateway-server.ts';

for (const [ends, code] of [
  ['naturally', 0],
  ['exit', 3],
  ['throw', 1],
] as const) {
  test.serial(
    `a job of 300 ms that ends ${ends} has delivered its last values, and its exit code is its own`,
    async (t) => {
      const { url, received } = await startGateway(t);
      const ended = await runJob(url, { ENDS: ends, OTEL_SERVICE_NAME: 'import' });
      t.is(ended.code, code, ended.stderr);
      t.deepEqual(
        received.map(({ method, path }) => `${method} ${path}`),
        ['PUT /metrics/job/import'],
      );
      t.regex(received[0]!.body, /^batch_rows_total 7$/m);
      t.regex(received[0]!.body, /^batch_sampled_total 9$/m);
      if (ends === 'throw') t.regex(ended.stderr, /Error: on purpose/);
      else t.is(ended.stderr, '');
      t.is(ended.stdout, '');
    },
  );
}

test.serial('a job with no time to wait, or nothing to push to, ends at once and delivers nothing', async (t) => {
  const { url, received } = await startGateway(t);
  for (const [name, value] of [
    ['LOADLINE_EXIT_FLUSH', '0'],
    ['OTEL_METRICS_EXPORTER', 'none'],
  ] as const) {
    const ended = await runJob(url, { [name]: value });
    t.is(ended.code, 0);
    t.is(ended.stderr, '');
  }
  t.is(received.length, 0);
});

test.serial('a command that has nothing to measure pushes nothing', async (t) => {
  const { url, received } = await startGateway(t);
  const env = { OTEL_METRICS_EXPORTER: 'pushgateway', LOADLINE_PUSHGATEWAY_URL: url };
  const ended = await run(process.execPath, [...PRELOAD, '--eval', 'process.exitCode = 4'], env);
  t.is(ended.code, 4);
  t.is(ended.stderr, '');
  t.is(received.length, 0);
});

test.serial('a Pushgateway that refuses or hangs costs the job its exit flush and nothing else', async (t) => {
  const refusing = await startGateway(t, status(400, 'not like this'));
  const told = await runJob(refusing.url);
  t.is(told.code, 0);
  t.regex(told.stderr, /^loadline: adapter pushgateway could not deliver .*not like this.*\n$/);
  const hanging = await startGateway(t, () => undefined);
  const late = await runJob(hanging.url, { ENDS: 'exit', LOADLINE_EXIT_FLUSH: '500' });
  t.is(late.code, 3);
});
