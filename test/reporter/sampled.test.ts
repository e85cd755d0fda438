import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { now } from '../../src/clock.ts';
import { Sampled } from '../../src/reporter/sampled.ts';
import type { MetricSnapshot } from '../../src/snapshot/snapshot.ts';

function values(value: number, ...scopes: string[]): MetricSnapshot[] {
  return scopes.map((name) => ({
    metric: { name: `${name}.value`, kind: 'gauge' },
    scope: { name },
    points: [{ attributes: {}, startTime: 1, value }],
  }));
}

function setUp(timeout = 300) {
  const app = { asked: [] as number[], blocked: false };
  const sampled = new Sampled({
    ask: (round) => app.asked.push(round),
    isBlocked: () => app.blocked,
    now,
    timeout,
    startTime: 1000,
  });
  const stale = () => {
    const found = sampled.metrics().find(({ metric }) => metric.name === 'loadline.sampler.stale');
    return Object.fromEntries((found?.points ?? []).map(({ attributes, value }) => [attributes.scope, value]));
  };
  return { app, sampled, stale };
}

/** Until what was asked is no longer fresh. */
const age = () => sleep(120);

test('Any number of readers at once ask once, and get what was answered', async (t) => {
  const { app, sampled, stale } = setUp();
  const all = Promise.all([sampled.refresh(), sampled.refresh(), sampled.refresh()]);
  t.deepEqual(app.asked, [1]);
  sampled.onAsking(1);
  sampled.onCollected(1, values(7, 'lib'));
  await all;
  t.deepEqual(sampled.metrics(), values(7, 'lib'));
  await Promise.all([sampled.refresh(), sampled.refresh()]);
  t.deepEqual(app.asked, [1], 'fresh values are not asked for again');
  await age();
  const next = sampled.refresh();
  t.deepEqual(app.asked, [1, 2]);
  sampled.onCollected(2, []);
  await next;
  t.deepEqual(sampled.metrics(), []);
  t.deepEqual(stale(), {});
});

test('A blocked thread is not waited for: the last values are served at once and counted as stale', async (t) => {
  const { app, sampled, stale } = setUp();
  const first = sampled.refresh();
  sampled.onCollected(1, values(1, 'lib', 'other', 'loadline'));
  await first;
  await age();
  app.blocked = true;
  const begin = now();
  for (let i = 1; i <= 10; i++) {
    await sampled.refresh();
    t.deepEqual(stale(), { lib: i, other: i });
  }
  t.true(now() - begin < 90, `${now() - begin} ms`);
  t.deepEqual(app.asked, [1, 2], 'a thread that has not answered is not asked again');
  t.deepEqual(sampled.metrics().slice(0, 3), values(1, 'lib', 'other', 'loadline'));
  app.blocked = false;
  const after = sampled.refresh();
  sampled.onAsking(2);
  sampled.onCollected(2, values(2, 'lib'));
  await after;
  t.deepEqual(sampled.metrics()[0], values(2, 'lib')[0]);
  t.deepEqual(stale(), { lib: 10, other: 10 });
});

test('A block that begins while it waits ends the waiting', async (t) => {
  const { app, sampled } = setUp(5000);
  const waiting = sampled.refresh();
  sampled.onAsking(1);
  const begin = now();
  setTimeout(() => {
    app.blocked = true;
  }, 50);
  await keepAlive(waiting);
  t.true(now() - begin < 2000);
});

test('A thread that does not even say that it asks is given up after 70 ms', async (t) => {
  const { sampled, app } = setUp(10_000);
  const begin = now();
  await keepAlive(sampled.refresh());
  const took = now() - begin;
  t.true(took >= 65 && took < 2000, `${took} ms`);
  t.deepEqual(app.asked, [1]);
});

test('One that says that it asks has its whole deadline', async (t) => {
  const { sampled } = setUp(300);
  const begin = now();
  const waiting = sampled.refresh();
  sampled.onAsking(1);
  await keepAlive(waiting);
  const took = now() - begin;
  t.true(took >= 365 && took < 3000, `${took} ms`);
});

test('An answer that comes late is taken all the same; one of a round that is over is not', async (t) => {
  const { app, sampled } = setUp();
  app.blocked = true;
  await sampled.refresh();
  sampled.onCollected(1, values(5, 'lib'));
  t.deepEqual(sampled.metrics(), values(5, 'lib'));
  sampled.onCollected(1, values(6, 'lib'));
  sampled.onCollected(99, values(7, 'lib'));
  sampled.onAsking(99);
  t.deepEqual(sampled.metrics(), values(5, 'lib'));
  await sampled.refresh();
  t.deepEqual(app.asked, [1], 'the late answer is fresh');
});

test('Without any sampler nothing is ever stale', async (t) => {
  const { app, sampled, stale } = setUp();
  app.blocked = true;
  await sampled.refresh();
  await sampled.refresh();
  t.deepEqual([sampled.metrics(), stale()], [[], {}]);
});

/** The waiting itself keeps no process alive. */
async function keepAlive<T>(promise: Promise<T>): Promise<T> {
  const timer = setInterval(() => {}, 1000);
  return promise.finally(() => clearInterval(timer));
}
