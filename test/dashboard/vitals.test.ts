import test from 'ava';
import type { State, Vital } from '../../src/dashboard/feed.ts';
import { bytes, duration, percent, THRESHOLDS, type VitalsInput, vitalsOf, worse } from '../../src/dashboard/vitals.ts';

type Given = Partial<Omit<VitalsInput, 'recent'>> & { readonly tracks?: Readonly<Record<string, number>> };

function vital(id: Vital['id'], { tracks = {}, ...rest }: Given = {}): Vital {
  const recent = (track: string) => tracks[track] ?? null;
  const base = { blocked: null, throttled: null, hasQuota: false, heapShare: null, backlog: undefined };
  return vitalsOf({ ...base, ...rest, recent }).find((each) => each.id === id)!;
}

test('there are six, in one order, and unknown where nothing is known', (t) => {
  const all = vitalsOf({
    recent: () => null,
    blocked: null,
    throttled: null,
    hasQuota: false,
    heapShare: null,
    backlog: undefined,
  });
  t.deepEqual(
    all.map(({ id }) => id),
    ['eventloop', 'cpu', 'memory', 'threadpool', 'queue', 'backlog'],
  );
  t.true(
    all.every(({ state, used, text, label }) => state === 'unknown' && used === null && text !== '' && label !== ''),
  );
});

const AT: readonly [Vital['id'], (value: number) => Given][] = [
  ['eventloop', (value) => ({ tracks: { 'eventloop/utilization': value } })],
  ['cpu', (value) => ({ tracks: { 'cpu/total': value * 4, 'cpu/limit': 4 } })],
  ['memory', (value) => ({ heapShare: value })],
  ['memory', (value) => ({ heapShare: 0.01, tracks: { 'memory/rss': value * 1e9, 'memory/limit-container': 1e9 } })],
  ['threadpool', (value) => ({ tracks: { 'threadpool/p99': value } })],
  ['queue', (value) => ({ tracks: { 'queue/p99': value } })],
  ['backlog', (value) => ({ backlog: { queue: value * 1000, limit: 1000 } })],
];

for (const [id, given] of AT) {
  test(`${id} is a warning and critical from its thresholds on (${Object.keys(given(0)).join(', ')})`, (t) => {
    const { warning, critical } = THRESHOLDS[id];
    const states = [0, warning * 0.98, warning, critical * 0.98, critical, critical * 10].map(
      (value) => vital(id, given(value)).state,
    );
    const wanted: State[] = ['good', 'good', 'warning', 'warning', 'critical', 'critical'];
    t.deepEqual(states, wanted);
  });
}

test('a loop that is blocked now is critical, however idle it was before', (t) => {
  const { state, text, used } = vital('eventloop', { blocked: 4.2, tracks: { 'eventloop/utilization': 0.3 } });
  t.deepEqual([state, text, used], ['critical', 'blocked for 4.2 s', 1]);
});

test('CPU is told against the quota, else against the machine, and being held back counts', (t) => {
  const tracks = { 'cpu/total': 0.75, 'cpu/limit': 1.5 };
  t.like(vital('cpu', { tracks }), { text: '0.75 of 1.50 cores, 50 % of the machine', used: 0.5, state: 'good' });
  t.is(vital('cpu', { tracks, hasQuota: true, throttled: 0 }).text, '0.75 of 1.50 cores, 50 % of the quota');
  const held = vital('cpu', { tracks, hasQuota: true, throttled: 0.3 });
  t.deepEqual([held.text, held.state], ['0.75 of 1.50 cores, held back in 30 % of the time', 'critical']);
});

test('memory is what is nearer to its limit: a heap, or the container', (t) => {
  const tracks = { 'memory/rss': 310e6, 'memory/limit-container': 512e6 };
  t.like(vital('memory', { tracks, heapShare: 0.1 }), { text: '310 MB of 512 MB', track: 'memory/rss' });
  t.like(vital('memory', { tracks, heapShare: 0.9 }), {
    text: 'heap 90 % of its limit, 310 MB in all',
    track: 'memory/heap',
    state: 'warning',
  });
});

test('what has no limit is not said to be used', (t) => {
  t.is(vital('queue', { tracks: { 'queue/p99': 1 } }).used, null);
  t.is(vital('threadpool', { tracks: { 'threadpool/p99': 1 } }).used, null);
});

test('numbers are told as people say them', (t) => {
  t.deepEqual([0, 0.004, 0.42, 1.5].map(percent), ['0 %', 'under 1 %', '42 %', '150 %']);
  t.deepEqual([0.0002, 0.0124, 0.9994, 1.26, 12.6].map(duration), ['under 1 ms', '12 ms', '999 ms', '1.3 s', '13 s']);
  t.deepEqual([4e5, 310e6, 4.3e9].map(bytes), ['0 MB', '310 MB', '4.3 GB']);
});

test('of two states the worse counts', (t) => {
  t.is(worse('good', 'warning'), 'warning');
  t.is(worse('critical', 'unknown'), 'critical');
  t.is(worse('unknown', 'good'), 'good');
});
