import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { now } from '../../src/clock.ts';
import { lookUp, type NoOp, threadPool } from '../../src/host/thread-pool.ts';
import { HostProbes } from '../../src/reporter/host-probes.ts';
import { countOf, type HistogramPoint } from '../../src/snapshot/snapshot.ts';
import { PRELOAD, program } from '../reporter/app.ts';
import { pointsOf, readingOf } from '../store/metrics.ts';
import { onlyWhere } from '../support/only-where.ts';

/** Waits until `wanted` gives something, at most 10 s. */
async function until<T>(wanted: () => T | undefined): Promise<T> {
  for (const end = now() + 10_000; now() < end; await new Promise((resolve) => setTimeout(resolve, 10))) {
    const got = wanted();
    if (got !== undefined) return got;
  }
  throw new Error(`waited in vain for ${wanted}`);
}

function setUp(noOp: NoOp, bounds?: readonly number[]) {
  const lines: string[] = [];
  const host = new HostProbes([threadPool({ noOp, bounds })], 0, (_, line) => lines.push(line));
  const read = () => {
    const metrics = host.metrics(now());
    const delay = readingOf(metrics, 'loadline.threadpool.delay') as HistogramPoint;
    return { delay, count: countOf(delay), age: readingOf(metrics, 'loadline.threadpool.age') as number };
  };
  return { host, read, lines };
}

test('A no-op goes through the real pool once a second', async (t) => {
  const { read, lines } = setUp(lookUp);
  t.deepEqual([read().count, read().age], [0, 0]);
  const { delay, age } = await until(() => (read().count >= 2 ? read() : undefined));
  t.is(age, 0);
  t.true(delay.sum > 0 && delay.sum < 5, `${delay.sum} s`);
  t.deepEqual(lines, []);
});

test('A stuck pool has one no-op under way, whose age shows, and at its end counts for all that were due', async (t) => {
  const waiting: (() => void)[] = [];
  const bounds = [0.5, 1.5, 2.5, 100];
  const { read } = setUp((done) => waiting.push(() => done(null)), bounds);
  await until(() => (read().age > 2.6 ? true : undefined));
  t.is(read().count, 0, 'no histogram may take back what it said');
  t.is(waiting.length, 1);
  waiting.pop()!();
  const { delay, age } = read();
  t.is(age, 0);
  t.is(delay.counts.length, bounds.length + 1);
  t.true(countOf(delay) >= 3, `${countOf(delay)} values for some 2.6 s`);
  t.true(delay.sum > 2.6 + 1.6 + 0.6 && delay.sum < 20, `${delay.sum} s`);
  await until(() => (waiting.length === 1 ? true : undefined));
});

test('A no-op that does not get to the pool is no delay of 0: the metric is absent, and why is said', async (t) => {
  const { host, lines } = setUp((done) => done(new Error('denied')));
  await until(() => (pointsOf(host.metrics(0), 'loadline.threadpool.delay').length === 0 ? true : undefined));
  t.regex(lines[0]!, /thread-pool.*denied/);
});

onlyWhere(process.platform === 'linux', 'Linux')(
  'In an app whose pool is stuck it shows while it lasts and afterwards, and keeps no process alive',
  async (t) => {
    const { said, code, stderr } = await program(
      `
      import { get } from 'node:http';
      import { execFileSync } from 'node:child_process';
      import { constants, mkdtempSync, open, openSync, rmSync } from 'node:fs';
      const folder = mkdtempSync(${JSON.stringify(join(tmpdir(), 'loadline-fifo-'))});
      const fifos = [1, 2, 3, 4].map((i) => folder + '/' + i);
      execFileSync('mkfifo', fifos);
      const url = await start().ready;
      // Not fetch: that goes through the thread pool itself.
      const look = async () => {
        const response = await new Promise((resolve, reject) => get(url + '/metrics', resolve).on('error', reject));
        let text = '';
        for await (const chunk of response) text += chunk;
        return Object.fromEntries(text.split('\\n').filter((line) => line && line[0] !== '#').map(parse));
      };
      // Opening one waits until somebody opens the other end.
      for (const fifo of fifos) open(fifo, 'r', () => {});
      say(await until(async () => (await look()).loadline_threadpool_age_seconds > 1, 20000));
      for (const fifo of fifos) openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK);
      rmSync(folder, { recursive: true });
      say(await until(async () => {
        const found = await look();
        const upTo = (le) => found['loadline_threadpool_delay_seconds_bucket{le="' + le + '"}'];
        return upTo('+Inf') > upTo('1.0') && found.loadline_threadpool_age_seconds === 0;
      }, 20000));
      `,
      PRELOAD,
      { UV_THREADPOOL_SIZE: '4' },
    );
    t.is(code, 0, stderr);
    t.deepEqual(said, [true, true]);
  },
);
