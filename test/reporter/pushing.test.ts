import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { createLog } from '../../src/log.ts';
import type { Adapter } from '../../src/reporter/adapter.ts';
import { pack, unpack } from '../../src/reporter/delivered.ts';
import { ExportCounts } from '../../src/reporter/export-counts.ts';
import { Pushing, type PushingOptions } from '../../src/reporter/pushing.ts';
import type { Snapshot } from '../../src/snapshot/snapshot.ts';
import { never, noting, shown, total } from './pushed.ts';

function pushingOf(adapters: Readonly<Record<string, Adapter>>, more: Partial<PushingOptions> = {}) {
  let now = 0;
  const counts = new ExportCounts();
  const kept = new Map<string, SharedArrayBuffer>();
  const snapshots: Snapshot[] = [];
  const pushing = new Pushing({
    adapters: Object.entries(adapters).map(([name, adapter]) => ({ name, adapter })),
    interval: 30_000,
    counts,
    log: createLog('silent'),
    snapshot: async () => {
      snapshots.push(total(++now));
      return snapshots.at(-1)!;
    },
    basisOf: () => undefined,
    onDelivered: (name, basis) => kept.set(name, pack(basis)),
    ...more,
  });
  const exported = () => {
    const found: Record<string, unknown> = {};
    counts.probe.read((metric, value, attributes) => {
      found[`${metric.name.replace('loadline.export.', '')} ${attributes?.adapter}`] = value;
    }, 0);
    return found;
  };
  return { pushing, kept, snapshots, exported };
}

test('A slow adapter, one that fails and one that never settles cost a fast one beside them nothing', async (t) => {
  const slow = noting(() => sleep(80));
  const [fast, failing, stuck] = [noting(), noting(() => Promise.reject(new Error('no'))), noting(never)];
  const { pushing, snapshots, exported } = pushingOf({
    stuck: stuck.adapter,
    slow: slow.adapter,
    failing: failing.adapter,
    fast: fast.adapter,
  });
  t.false(pushing.isEmpty);
  for (let i = 0; i < 20; i++) {
    await pushing.push();
    await sleep(10);
  }
  await pushing.stop(1000);
  t.deepEqual(fast.given, Array(21).fill(1));
  t.true(slow.given.length < 20);
  t.is(
    slow.given.reduce((sum: number, value) => sum + value!, 0),
    21,
  );
  t.is(failing.given.at(-1), 21);
  t.is(stuck.given.length, 1);
  t.is(snapshots.length, 21, 'one snapshot for all, at the end too');
  t.like(exported(), { 'failed fast': 0, 'failed slow': 0, 'failed failing': 21 });
  for (const { log } of [fast, slow, failing, stuck]) t.is(log.at(-1), 'close');
});

test('All are given the same snapshot object where they take totals', async (t) => {
  const seen: Snapshot[] = [];
  const adapter: Adapter = { push: async (snapshot) => void seen.push(snapshot) };
  const { pushing, snapshots } = pushingOf({ a: adapter, b: adapter });
  await pushing.push();
  t.deepEqual(
    seen.map((one) => one === snapshots[0]),
    [true, true],
  );
});

test('The end waits no longer than its limit, whoever hangs', async (t) => {
  const hanging = noting(never, { close: never });
  const fine = noting();
  const { pushing } = pushingOf({ hanging: hanging.adapter, fine: fine.adapter });
  const begin = performance.now();
  await pushing.stop(200);
  t.true(performance.now() - begin < 5000);
  t.deepEqual(fine.log, ['push', 'close']);
});

test('The next reporter goes on where each adapter was, and a name that is new begins at the beginning', async (t) => {
  const before = { a: noting(), b: noting((call) => (call > 1 ? Promise.reject(new Error('no')) : undefined)) };
  const first = pushingOf({ a: before.a.adapter, b: before.b.adapter });
  for (let i = 0; i < 3; i++) {
    await first.pushing.push();
    await sleep(0);
  }
  t.deepEqual(
    [before.a.given, before.b.given],
    [
      [1, 1, 1],
      [1, 1, 2],
    ],
  );
  const after = { a: noting(), b: noting(), c: noting() };
  const second = pushingOf(
    { a: after.a.adapter, b: after.b.adapter, c: after.c.adapter },
    { basisOf: (name) => unpack(first.kept.get(name)), snapshot: async () => total(10) },
  );
  await second.pushing.push();
  t.deepEqual([after.a.given, after.b.given, after.c.given], [[7], [9], [10]]);
});

test('What a basis cannot be read from makes everything new, and breaks nothing', async (t) => {
  const noted = noting();
  const delivered = new Map([['a', new SharedArrayBuffer(16)]]);
  const { pushing } = pushingOf({ a: noted.adapter }, { basisOf: (name) => unpack(delivered.get(name)) });
  await pushing.push();
  t.deepEqual(noted.given, [shown(total(1))]);
});

test('Without a pushing adapter it is empty, and stopping it takes no snapshot', async (t) => {
  const { pushing, snapshots } = pushingOf({});
  t.true(pushing.isEmpty);
  await pushing.stop(1000);
  t.is(snapshots.length, 0);
});
