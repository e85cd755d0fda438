import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { Pusher, type PusherOptions } from '../../src/reporter/push.ts';
import type { Snapshot } from '../../src/snapshot/snapshot.ts';
import { type Noted, never, noting, shown, total } from './pushed.ts';

function pusherOf({ adapter }: Noted, more: Partial<PusherOptions> = {}) {
  const failures: string[] = [];
  const counts: Record<string, number> = {};
  const bases: Snapshot[] = [];
  const pusher = new Pusher({
    adapter,
    interval: 30_000,
    count: (outcome, points) => {
      counts[outcome] = (counts[outcome] ?? 0) + points;
    },
    onFailure: (reason) => failures.push(reason),
    onDelivered: (basis) => bases.push(basis),
    ...more,
  });
  return { pusher, failures, counts, bases };
}

const take = (value: number) => () => Promise.resolve(total(value));

test('Deltas are what came since the last push that resolved; totals stay totals', async (t) => {
  for (const [temporality, expected] of [
    ['delta', [5, 2, 3]],
    ['cumulative', [5, 7, 10]],
    [undefined, [5, 7, 10]],
  ] as const) {
    const noted = noting(undefined, { wants: { temporality } });
    const { pusher, bases } = pusherOf(noted);
    for (const value of [5, 7, 10]) await pusher.push(total(value));
    t.deepEqual(noted.given, [...expected]);
    t.deepEqual(bases.map(shown), temporality === 'delta' ? [5, 7, 10] : []);
  }
});

for (const [how, fail] of [
  ['rejects', () => Promise.reject(new Error('no'))],
  [
    'throws',
    () => {
      throw new Error('no');
    },
  ],
] as const) {
  test(`A push that ${how} is carried over into the next, and counted each time`, async (t) => {
    const noted = noting((call) => (call === 2 || call === 3 ? fail() : undefined));
    const { pusher, failures, counts } = pusherOf(noted);
    for (const value of [5, 7, 10, 11, 12]) await pusher.push(total(value));
    t.deepEqual(noted.given, [5, 2, 5, 6, 1]);
    t.deepEqual(failures, ['no', 'no']);
    t.deepEqual(counts, { failed: 2 });
  });
}

test('A slow push is never joined by a second one, and what it missed is in the next', async (t) => {
  let [running, most] = [0, 0];
  const noted = noting(async () => {
    most = Math.max(most, ++running);
    await sleep(30);
    running--;
  });
  const { pusher, failures } = pusherOf(noted);
  for (let value = 1; value <= 40; value++) {
    void pusher.push(total(value));
    await sleep(3);
  }
  await pusher.stop(take(41), 30_000);
  t.is(most, 1);
  t.true(noted.given.length < 41);
  t.is(
    noted.given.reduce((sum: number, value) => sum + value!, 0),
    41,
  );
  t.deepEqual(failures, []);
  t.deepEqual(noted.log.slice(-2), ['push', 'close']);
});

test('A push has one interval; then its signal says so, and what heeds it is carried over', async (t) => {
  const reasons: string[] = [];
  const noted = noting(async (call, signal) => {
    if (call > 1) return;
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    reasons.push((signal.reason as Error).message);
    throw signal.reason;
  });
  const { pusher, failures } = pusherOf(noted, { interval: 50 });
  await pusher.push(total(3));
  await pusher.push(total(4));
  t.deepEqual(noted.given, [3, 4]);
  t.deepEqual(reasons, ['its push did not end within 50 ms']);
  t.deepEqual(failures, reasons);
});

test('A push that never settles is reported once and never called again, and stop and close come all the same', async (t) => {
  const noted = noting(never);
  const { pusher, failures, counts } = pusherOf(noted, { interval: 20 });
  void pusher.push(total(3));
  await until(() => failures.length > 0);
  for (let i = 0; i < 5; i++) {
    void pusher.push(total(4 + i));
    await sleep(5);
  }
  const begin = performance.now();
  await pusher.stop(take(20), 200);
  t.true(performance.now() - begin < 5000);
  t.deepEqual(noted.given, [3]);
  t.deepEqual(failures, ['its push did not end within 20 ms']);
  t.deepEqual(counts, { failed: 1 });
  t.deepEqual(noted.log, ['push', 'close']);
});

test('A push that settles only after the close is not followed by another', async (t) => {
  let settle: (() => void) | undefined;
  const noted = noting(
    () =>
      new Promise<void>((resolve) => {
        settle = resolve;
      }),
  );
  const { pusher } = pusherOf(noted);
  void pusher.push(total(3));
  await pusher.stop(take(4), 60);
  settle!();
  await sleep(30);
  t.deepEqual(noted.log, ['push', 'close']);
});

test('Stopping waits for the push under way, cuts it short in time, and delivers what it left', async (t) => {
  const patient = noting(() => sleep(60));
  const first = pusherOf(patient);
  void first.pusher.push(total(3));
  await first.pusher.stop(take(5), 30_000);
  t.deepEqual(patient.given, [3, 2]);

  const cut = noting(async (call, signal) => {
    if (call > 1) return;
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    throw new Error('cut');
  });
  const second = pusherOf(cut);
  void second.pusher.push(total(3));
  await second.pusher.stop(take(5), 1000);
  t.deepEqual(cut.given, [3, 5]);
  t.deepEqual(second.failures, ['cut']);
  t.deepEqual(cut.log, ['push', 'push', 'close']);
});

test('The last push has its whole time, after an earlier one was cut short as well', async (t) => {
  for (const isBusy of [false, true]) {
    const noted = noting(async (call, signal) => {
      // Half of the time to stop is more than what one that is under way would get.
      const wait = isBusy && call === 1 ? 60_000 : 1000;
      await sleep(wait, undefined, { signal });
    });
    const { pusher, failures } = pusherOf(noted);
    if (isBusy) void pusher.push(total(3));
    await pusher.stop(take(5), isBusy ? 4000 : 2000);
    t.deepEqual(noted.given, isBusy ? [3, 5] : [5]);
    t.is(failures.length, isBusy ? 1 : 0, failures.join());
  }
});

test('Stopping twice ends once, and a push afterwards is none', async (t) => {
  const noted = noting();
  const { pusher } = pusherOf(noted);
  await Promise.all([pusher.stop(take(1), 1000), pusher.stop(take(2), 1000)]);
  await pusher.push(total(9));
  t.deepEqual(noted.given, [1]);
  t.deepEqual(noted.log, ['push', 'close']);
});

test('A close that rejects, throws or hangs is a failure and no more', async (t) => {
  const closes = [
    () => Promise.reject(new Error('no close')),
    () => {
      throw new Error('no close');
    },
    never,
  ];
  for (const close of closes) {
    const { pusher, failures } = pusherOf(noting(undefined, { close }));
    const begin = performance.now();
    await pusher.stop(take(1), 100);
    t.true(performance.now() - begin < 5000);
    t.deepEqual(failures, close === never ? [] : ['no close']);
  }
});

test('Whatever is thrown has a reason: nothing, a text, an object without a prototype', async (t) => {
  const thrown = [undefined, null, 'text', Object.create(null), Symbol('s')];
  const noted = noting((call) => Promise.reject(thrown[call - 1]));
  const { pusher, failures } = pusherOf(noted);
  for (let i = 1; i <= thrown.length; i++) await pusher.push(total(i));
  t.is(failures.length, thrown.length);
  t.true(failures.every((reason) => typeof reason === 'string'));
});

test('A series that is missing from one snapshot is not new when it comes back', async (t) => {
  const noted = noting();
  const { pusher } = pusherOf(noted);
  await pusher.push(total(5));
  await pusher.push({ time: 6, resource: {}, metrics: [] });
  await pusher.push(total(7));
  t.deepEqual(noted.given, [5, undefined, 2]);
});

async function until(condition: () => boolean): Promise<void> {
  const limit = Date.now() + 10_000;
  while (!condition() && Date.now() < limit) await sleep(5);
}
