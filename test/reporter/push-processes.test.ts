/** An adapter that takes processes apart: each has a basis of its own. */
import test from 'ava';
import type { Adapter } from '../../src/reporter/adapter.ts';
import { Pusher } from '../../src/reporter/push.ts';
import type { Snapshot } from '../../src/snapshot/snapshot.ts';

const METRIC = { name: 'requests', kind: 'counter' } as const;

function processOf(id: string, value: number, time: number): Snapshot {
  const points = [{ attributes: {}, startTime: 1, value }];
  return { time, resource: { 'service.instance.id': id }, metrics: [{ metric: METRIC, scope: { name: 's' }, points }] };
}

function group(time: number, values: Readonly<Record<string, number>>): Snapshot {
  const processes = Object.entries(values).map(([id, value]) => processOf(id, value, time));
  return { time, resource: {}, metrics: [], processes };
}

function pusherOf(fail: ReadonlySet<string>, basis?: Snapshot) {
  const sums = new Map<string, number>();
  const bases: Snapshot[] = [];
  const taken: number[] = [];
  const adapter: Adapter = {
    wants: { temporality: 'delta', perProcess: true },
    async push({ resource, metrics }) {
      const id = String(resource['service.instance.id']);
      if (fail.has(id)) throw new Error('no');
      sums.set(id, (sums.get(id) ?? 0) + Number(metrics[0]?.points[0]?.value ?? 0));
    },
  };
  const pusher = new Pusher({
    ...{ adapter, interval: 1000, basis },
    onDelivered: (next) => bases.push(next),
    onTaken: (time) => taken.push(time),
    count: () => {},
    onFailure: () => {},
  });
  return { pusher, sums: () => Object.fromEntries(sums), bases, taken };
}

test('a process that fails is carried over, and the others count nothing twice', async (t) => {
  const fail = new Set(['b']);
  const { pusher, sums, taken } = pusherOf(fail);
  await pusher.push(group(1, { a: 1, b: 10 }));
  await pusher.push(group(2, { a: 3, b: 20 }));
  t.deepEqual([sums(), taken], [{ a: 3 }, []]);
  fail.clear();
  await pusher.push(group(3, { a: 4, b: 21, c: 5 }));
  t.deepEqual([sums(), taken], [{ a: 4, b: 21, c: 5 }, [3]]);
});

test('whoever goes on from the basis leaves nothing out and sends nothing twice', async (t) => {
  const first = pusherOf(new Set(['b']));
  await first.pusher.push(group(1, { a: 1, b: 10 }));
  const next = pusherOf(new Set(), structuredClone(first.bases.at(-1)));
  await next.pusher.push(group(2, { a: 5, b: 12 }));
  t.deepEqual(next.sums(), { a: 4, b: 12 });
});

test('a process that was on its own is the same one in a group', async (t) => {
  const { pusher, sums } = pusherOf(new Set());
  await pusher.push(processOf('a', 5, 1));
  await pusher.push(group(2, { a: 7, b: 1 }));
  t.deepEqual(sums(), { a: 7, b: 1 });
});
