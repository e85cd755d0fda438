/** What was pushed to a real Pushgateway is what the snapshot held. */
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import createPushgateway, { type PushgatewayOptions } from '../../adapters/pushgateway.ts';
import type { Snapshot } from '../../src/snapshot/snapshot.ts';
import { runJob } from '../adapters/batch-job.ts';
import { watchedContext } from '../adapters/pushgateway-server.ts';
import { randomSnapshot, seededRandom } from '../exposition/random-snapshot.ts';
import { of, snapshotOf } from '../exposition/showing.ts';
import { freePort } from '../support/ports.ts';
import { startPushgateway } from '../support/pushgateway.ts';

const limit = () => AbortSignal.timeout(20_000);

async function make(options: PushgatewayOptions) {
  const context = watchedContext();
  return { adapter: await createPushgateway(options, context), context };
}

function jobs(value: number): Snapshot {
  return snapshotOf([of({ name: 'jobs', kind: 'counter', help: 'Jobs.' }, [[{ queue: 'a' }, value]])], {
    'service.name': 'importer',
  });
}

test('Totals, histograms and a group of every difficult label arrive, and the group is replaced and deleted', async (t) => {
  const gateway = await startPushgateway(t);
  const grouping = { instance: 'a/b', empty: '', word: 'größe 100%', dots: '..' };
  const { adapter } = await make({ url: gateway.url, job: 'x/y', grouping, delete: true });
  const histogram = of({ name: 'took', kind: 'histogram', unit: 's', bounds: [0.1, 1] }, [
    [{}, { counts: [1, 2, 3], sum: 9.5 }],
  ]);
  await adapter.push!(snapshotOf([...jobs(3).metrics, histogram]), limit());
  const group = 'dots="..",empty="",instance="a/b",job="x/y"';
  const first = await gateway.metrics();
  t.true(first.includes(`jobs_total{${group},queue="a",word="größe 100%"} 3\n`), first);
  t.true(first.includes(`took_seconds_bucket{${group},word="größe 100%",le="1"} 3\n`), first);
  t.true(first.includes(`took_seconds_sum{${group},word="größe 100%"} 9.5\n`), first);

  await adapter.push!(jobs(5), limit());
  const second = await gateway.metrics();
  t.true(second.includes('} 5\n') && !second.includes('took_seconds'), second);

  await adapter.close!(limit());
  // It accepts a deletion with 202 and carries it out a moment later.
  const end = Date.now() + 5000;
  while ((await gateway.metrics()).includes('jobs_total') && Date.now() < end) await sleep(50);
  t.false((await gateway.metrics()).includes('jobs_total'));
});

test('Hostile snapshots are never refused', async (t) => {
  const gateway = await startPushgateway(t);
  const { adapter, context } = await make({ url: gateway.url, job: 'random' });
  for (let seed = 1; seed <= 20; seed++) await adapter.push!(randomSnapshot(seededRandom(seed)), limit());
  t.true(context.counts.sent! > 0);
  t.regex(await gateway.metrics(), /push_failure_time_seconds\{instance="",job="random"\} 0/);
});

test('A Pushgateway that starts only during the push gets it', async (t) => {
  const port = await freePort();
  const { adapter } = await make({ url: `http://127.0.0.1:${port}` });
  const pushed = adapter.push!(jobs(7), limit());
  const gateway = await startPushgateway(t, port);
  await pushed;
  t.regex(await gateway.metrics(), /jobs_total\{.*job="importer".*\} 7/);
});

test('Its refusal is told in its own words', async (t) => {
  const gateway = await startPushgateway(t);
  const { adapter } = await make({ url: `${gateway.url}/nowhere` });
  const error = await t.throwsAsync(adapter.push!(jobs(1), limit()));
  t.regex(error!.message, /answered 404/);
});

/** Of the group that a job with difficult labels pushed to. */
const GROUP = {
  LOADLINE_PUSHGATEWAY_JOB: 'imports/nightly',
  LOADLINE_PUSHGATEWAY_GROUPING: 'path=/var/tmp,instance=h-1',
};
const SERIES = 'batch_rows_total{instance="h-1",job="imports/nightly",path="/var/tmp"} 7';

test('A job of 300 ms under the preload is there after its end, in a group with slashes', async (t) => {
  const gateway = await startPushgateway(t);
  const ended = await runJob(gateway.url, { ENDS: 'exit', ...GROUP });
  t.is(ended.code, 3, ended.stderr);
  t.is(ended.stderr, '');
  const page = await gateway.metrics();
  t.true(page.includes(`${SERIES}\n`), page);
  t.regex(page, /^batch_sampled_total\{.*\} 9$/m);
});

test('A job that asks for it leaves no group behind', async (t) => {
  const gateway = await startPushgateway(t);
  await runJob(gateway.url, GROUP);
  t.true((await gateway.metrics()).includes(SERIES));
  await runJob(gateway.url, { ...GROUP, LOADLINE_PUSHGATEWAY_DELETE: 'true' });
  const end = Date.now() + 10_000;
  while ((await gateway.metrics()).includes('batch_rows_total') && Date.now() < end) await sleep(50);
  t.false((await gateway.metrics()).includes('batch_rows_total'));
});

test('A job that ends before the Pushgateway is up delivers when it comes within the exit flush', async (t) => {
  const port = await freePort();
  const job = runJob(`http://127.0.0.1:${port}`, GROUP);
  await sleep(700);
  const gateway = await startPushgateway(t, port);
  t.is((await job).code, 0);
  t.true((await gateway.metrics()).includes(SERIES));
});
