import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { now } from '../../src/clock.ts';
import { KeptMaps } from '../../src/reporter/kept-maps.ts';
import { Maps, type MapsOptions } from '../../src/reporter/maps.ts';
import { type KeptThreads, MAP_CHANNEL } from '../../src/reporter/messages.ts';
import { merge } from '../../src/snapshot/merge.ts';
import { HEADER } from '../../src/store/layout.ts';
import { StoreWriter } from '../../src/store/writer.ts';
import { kernelThread } from '../../src/thread-part.ts';
import { COUNTER, GAUGE, HISTOGRAM, pointsOf, readingOf, SCOPE, UPDOWN } from '../store/metrics.ts';
import { onlyWhere } from '../support/only-where.ts';

const onLinux = onlyWhere(process.platform === 'linux', 'Linux');
/** The kernel's numbers end before. */
const NOBODY = 2 ** 23;

/** What the main thread would keep, as a reporter's messages make it; `kept()` lets the last one arrive. */
function setUp(given: Partial<KeptThreads> = {}, options: Partial<MapsOptions> = {}) {
  const threads = { maps: [], folds: 0, ...given };
  const messages: [left: Uint8Array<ArrayBuffer>, folds: number][] = [];
  const lines: string[] = [];
  const maps = new Maps({
    main: new StoreWriter().buffer,
    threads,
    aggregate: 'sum',
    stallThreshold: 500,
    seriesLimit: 100,
    samplerTimeout: 1000,
    keep: (left, folds) => messages.push([left, folds]),
    warn: (_key, line) => lines.push(line),
    ...options,
  });
  const metrics = () => merge(maps.metrics(now()));
  /** The main thread gets the last message; what it keeps then. */
  const arrive = (): KeptThreads => {
    const last = messages.at(-1);
    if (last) new KeptMaps(threads, () => {}).leave(...last);
    return threads;
  };
  return { maps, messages, lines, metrics, arrive };
}

/** The map of a thread that recorded `count` things; `tid` 0: the kernel does not tell. */
function thread(threadId: number, count: number, tid = 0) {
  const store = new StoreWriter({ threadId, startTime: 1000 });
  store.cells[HEADER.tid] = tid;
  store.cells[store.metric(COUNTER, SCOPE).series({})] = count;
  store.cells[store.metric(GAUGE, SCOPE).series({})] = threadId;
  store.cells[store.metric(UPDOWN, SCOPE).series({})] = 5;
  const histogram = store.metric(HISTOGRAM, SCOPE);
  histogram.record(histogram.series({}), 0.5);
  return store;
}

/** The agent runs in it, and its loop beat last at `beat`. */
function beating(store: StoreWriter, beat: number) {
  Object.assign(store.cells, { [HEADER.beat]: beat, [HEADER.beatInterval]: 20 });
}

async function until(wanted: () => boolean) {
  for (const end = Date.now() + 10_000; !wanted() && Date.now() < end; ) await sleep(5);
}

const workersOf = (metrics: ReturnType<typeof merge>, name = GAUGE.name) =>
  pointsOf(metrics, name).map(({ attributes }) => attributes['loadline.worker']);

onLinux('A thread that is gone leaves its sums, once, and nothing else; the map is let go of', (t) => {
  const { maps, messages, metrics, arrive } = setUp({
    maps: [thread(1, 10, NOBODY).buffer, thread(2, 100, kernelThread()).buffer],
  });
  for (let i = 0; i < 3; i++) t.is(readingOf(metrics(), COUNTER.name), 110);
  t.is((readingOf(metrics(), HISTOGRAM.name) as { sum: number }).sum, 1);
  t.is(readingOf(metrics(), UPDOWN.name), 5);
  t.deepEqual(workersOf(metrics()), ['2']);
  t.deepEqual(
    maps.living().map(({ worker }) => worker),
    ['main', '2'],
  );
  t.is(messages.length, 1);
  t.is(arrive().maps.length, 1);
  t.is(pointsOf(metrics(), COUNTER.name)[0]!.startTime, 1000);
  maps.close();
});

onLinux('Whenever the reporter dies, the next one tells the same totals', (t) => {
  const stores = [thread(1, 1, NOBODY), thread(2, 10, kernelThread()), thread(3, 100, kernelThread())];
  let kept: KeptThreads = { maps: stores.map(({ buffer }) => buffer), folds: 0 };
  const read = (arrives: boolean) => {
    const { maps, metrics, arrive } = setUp(kept);
    const total = readingOf(metrics(), COUNTER.name);
    maps.close();
    if (arrives) kept = arrive();
    return total;
  };
  t.deepEqual([read(false), read(false), read(true), read(false)], [111, 111, 111, 111]);
  stores[1]!.cells[HEADER.tid] = NOBODY;
  t.deepEqual([read(false), read(true), read(true), read(false)], [111, 111, 111, 111]);
  stores[2]!.cells[HEADER.tid] = NOBODY;
  t.deepEqual([read(false), read(true), read(true)], [111, 111, 111]);
  t.is(kept.maps.length, 0);
});

test.serial('A map that is announced once more when its thread is in the sums is not counted again', async (t) => {
  const store = thread(31, 10);
  const main: KeptThreads = { maps: [], folds: 0 };
  const forwarded: SharedArrayBuffer[] = [];
  const keptMaps = new KeptMaps(main, (map) => forwarded.push(map));
  keptMaps.open();
  const { maps, metrics, arrive } = setUp();
  const channel = new BroadcastChannel(MAP_CHANNEL);
  const announce = () => channel.postMessage({ type: 'map', map: store.buffer });
  announce();
  announce();
  await until(() => maps.living().length === 2 && main.maps.length === 1);
  channel.postMessage({ type: 'ended', threadId: 31 });
  announce();
  await until(() => maps.living().length === 1);
  const { left, folds } = arrive();
  keptMaps.leave(left!, folds);
  announce();
  await sleep(100);
  t.is(readingOf(metrics(), COUNTER.name), 10);
  t.deepEqual([main.maps, forwarded.length], [[], 1]);
  keptMaps.close();
  channel.close();
  maps.close();
});

test.serial(
  'While the main thread does not answer, one message is under way, and the next has everything',
  async (t) => {
    const stores = [thread(1, 1), thread(2, 10), thread(3, 100)];
    const { maps, messages, metrics, arrive } = setUp({ maps: stores.map(({ buffer }) => buffer) });
    const channel = new BroadcastChannel(MAP_CHANNEL);
    for (const threadId of [1, 2, 3]) {
      channel.postMessage({ type: 'ended', threadId });
      await until(() => maps.living().length === 4 - threadId);
    }
    t.deepEqual([messages.map(([, folds]) => folds), arrive().maps.length], [[1], 2]);
    maps.onKept();
    maps.onKept();
    t.deepEqual([messages.map(([, folds]) => folds), arrive().maps.length], [[1, 3], 0]);
    t.is(readingOf(metrics(), COUNTER.name), 111);
    channel.close();
    maps.close();
  },
);

onLinux('Numbers of threads that are gone are given again, the lowest first, and a restart changes none', (t) => {
  const stores = [1, 2, 3].map((threadId) => thread(threadId, 1, kernelThread()));
  const first = setUp({ maps: stores.map(({ buffer }) => buffer) });
  t.deepEqual(workersOf(first.metrics()), ['1', '2', '3']);
  first.maps.close();
  stores[1]!.cells[HEADER.tid] = NOBODY;
  const second = setUp({ maps: stores.map(({ buffer }) => buffer) });
  t.deepEqual(workersOf(second.metrics()), ['1', '3']);
  second.maps.close();
  const late = [thread(7, 1, kernelThread()), thread(8, 1, kernelThread())];
  const kept = second.arrive();
  const third = setUp({ ...kept, maps: [...kept.maps, ...late.map(({ buffer }) => buffer)] });
  t.deepEqual(workersOf(third.metrics()), ['1', '3', '2', '4']);
  t.is(readingOf(third.metrics(), COUNTER.name), 5);
  third.maps.close();
});

onLinux(
  'A thread that ended while it was blocked leaves the stall as it was last shown, and it grows no more',
  async (t) => {
    const store = thread(1, 1, kernelThread());
    beating(store, now() - 3000);
    const kept = { maps: [store.buffer] };
    const { maps, metrics } = setUp(kept);
    const active = { 'nodejs.eventloop.state': 'active' };
    const during = metrics();
    t.is(readingOf(during, 'loadline.eventloop.stalls'), 1);
    t.true((readingOf(during, 'loadline.eventloop.stall.age', { 'loadline.worker': '1' }) as number) > 2.9);
    maps.close();
    await sleep(200);
    // It is found out by another reporter, later.
    store.cells[HEADER.tid] = NOBODY;
    const next = setUp(kept);
    for (let i = 0; i < 2; i++) {
      const after = next.metrics();
      t.is(readingOf(after, 'loadline.eventloop.stalls'), 1);
      const grown =
        (readingOf(after, 'nodejs.eventloop.time', active) as number) -
        (readingOf(during, 'nodejs.eventloop.time', active) as number);
      t.true(grown >= 0 && grown < 0.15, `${grown} s`);
      t.deepEqual(pointsOf(after, 'loadline.eventloop.stall.age'), []);
    }
    next.maps.close();
  },
);

onLinux('A thread that was gone before anybody saw it leaves no stall, however long ago that was', (t) => {
  const store = thread(1, 10, NOBODY);
  beating(store, now() - 60_000);
  const { maps, metrics } = setUp({ maps: [store.buffer] });
  t.is(readingOf(metrics(), COUNTER.name), 10);
  t.is(readingOf(metrics(), 'loadline.eventloop.stalls'), 0);
  t.is(readingOf(metrics(), 'loadline.eventloop.stalled.time'), 0);
  maps.close();
});

onLinux('A thread that is blocked is never taken for one that is gone', (t) => {
  const store = thread(1, 1, kernelThread());
  beating(store, now() - 3_600_000);
  const { maps, metrics } = setUp({ maps: [store.buffer] });
  t.deepEqual(workersOf(metrics()), ['1']);
  maps.close();
});

test.serial('Where the kernel tells nothing, the thread that made it is believed, and nobody else is', async (t) => {
  const stores = [thread(1, 10), thread(2, 100)];
  beating(stores[1]!, now() - 3_600_000);
  const { maps, metrics } = setUp({ maps: stores.map(({ buffer }) => buffer) });
  t.deepEqual(workersOf(metrics()), ['1', '2']);
  const channel = new BroadcastChannel(MAP_CHANNEL);
  for (const threadId of [1, 77, 'x']) channel.postMessage({ type: 'ended', threadId });
  await until(() => maps.living().length === 2);
  t.deepEqual(workersOf(metrics()), ['2']);
  t.is(readingOf(metrics(), COUNTER.name), 110);
  channel.close();
  maps.close();
});

onLinux('With numbers told apart by worker, a thread goes on with the sums of the one whose number it has', (t) => {
  const options = { aggregate: 'worker' } as const;
  const gone = thread(1, 10, NOBODY);
  const first = setUp({ maps: [gone.buffer] }, options);
  t.is(readingOf(first.metrics(), COUNTER.name, { 'loadline.worker': '1' }), 10);
  first.maps.close();
  const kept = first.arrive();
  const second = setUp({ ...kept, maps: [...kept.maps, thread(2, 100, kernelThread()).buffer] }, options);
  t.is(readingOf(second.metrics(), COUNTER.name, { 'loadline.worker': '1' }), 110);
  second.maps.close();
});

test.serial('What cannot be read is said and left out: nonsense for a map, nonsense for what was kept', (t) => {
  const { maps, lines, metrics } = setUp({ maps: [new SharedArrayBuffer(8)], left: new Uint8Array([1, 2, 3]) });
  t.deepEqual(metrics(), []);
  t.is(lines.length, 2);
  maps.close();
});
