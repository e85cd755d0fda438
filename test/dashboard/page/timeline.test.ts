import test from 'ava';
import type { History } from '../../../src/dashboard/feed.ts';
import { lowerBound, Timeline } from '../../../src/dashboard/page/timeline.ts';

const SECOND = 1000;
const history = (times: number[], tracks: Record<string, (number | null)[]>): History => ({
  step: 5,
  times: times.map((time) => time * SECOND),
  tracks: Object.fromEntries(Object.entries(tracks).map(([id, values]) => [id, { values }])),
});
const all = (timeline: Timeline, ...ids: string[]) => {
  const { times, series } = timeline.frame(ids, 0, Number.MAX_SAFE_INTEGER);
  return { times: times.map((time) => time / SECOND), series };
};

test('Points follow the history; a track that is new has a gap before', (t) => {
  const timeline = new Timeline(5);
  timeline.load(history([5, 10], { a: [1, 2] }));
  timeline.append({ time: 15 * SECOND, values: { a: 3, b: 9 } });
  timeline.append({ time: 20 * SECOND, values: { b: 8 } });
  t.deepEqual(all(timeline, 'a', 'b', 'nobody'), {
    times: [5, 10, 15, 20],
    series: [
      [1, 2, 3, null],
      [null, null, 9, 8],
      [null, null, null, null],
    ],
  });
  t.is(timeline.latest('b'), 8);
  t.is(timeline.latest('a'), null);
});

test('A point that comes twice or late changes nothing', (t) => {
  const timeline = new Timeline(5);
  timeline.load(history([5, 10], { a: [1, 2] }));
  timeline.append({ time: 10 * SECOND, values: { a: 7 } });
  timeline.append({ time: 5 * SECOND, values: { a: 7 } });
  t.deepEqual(all(timeline, 'a'), { times: [5, 10], series: [[1, 2]] });
});

test('What was missed is a gap, not a line', (t) => {
  const timeline = new Timeline(5);
  timeline.append({ time: 5 * SECOND, values: { a: 1 } });
  timeline.append({ time: 21 * SECOND, values: { a: 2 } });
  t.deepEqual(all(timeline, 'a'), { times: [5, 10, 15, 21], series: [[1, null, null, 2]] });
});

test('A point that is a little late is no gap', (t) => {
  const timeline = new Timeline(5);
  timeline.append({ time: 5 * SECOND, values: { a: 1 } });
  timeline.append({ time: 12 * SECOND, values: { a: 2 } });
  t.deepEqual(all(timeline, 'a').times, [5, 12]);
});

test('Catching up fills in what was missed, and keeps what the server has forgotten', (t) => {
  const timeline = new Timeline(5);
  timeline.load(history([5, 10], { a: [1, 2], old: [7, 7] }));
  timeline.load(history([10, 15, 20], { a: [20, 3, 4], b: [0, 0, 1] }));
  t.deepEqual(all(timeline, 'a', 'b', 'old'), {
    times: [5, 10, 15, 20],
    series: [
      [1, 20, 3, 4],
      [null, 0, 0, 1],
      [7, null, null, null],
    ],
  });
});

test('A point that overtakes the history on its way is kept', (t) => {
  const timeline = new Timeline(5);
  timeline.append({ time: 20 * SECOND, values: { a: 4, b: 1 } });
  timeline.load(history([5, 10, 15], { a: [1, 2, 3] }));
  timeline.append({ time: 25 * SECOND, values: { a: 5 } });
  t.deepEqual(all(timeline, 'a', 'b'), {
    times: [5, 10, 15, 20, 25],
    series: [
      [1, 2, 3, 4, 5],
      [null, null, null, 1, null],
    ],
  });
});

test('An app that was started anew leaves a gap between its two lives', (t) => {
  const timeline = new Timeline(5);
  timeline.load(history([5, 10], { a: [1, 2] }));
  timeline.load(history([30, 35], { a: [3, 4] }));
  t.deepEqual(all(timeline, 'a'), { times: [5, 10, 15, 20, 25, 30, 35], series: [[1, 2, null, null, null, 3, 4]] });
});

test('An empty history takes nothing away', (t) => {
  const timeline = new Timeline(5);
  timeline.load(history([], {}));
  t.is(timeline.last, undefined);
  timeline.append({ time: 5 * SECOND, values: { a: 1 } });
  timeline.load(history([], {}));
  t.deepEqual(all(timeline, 'a'), { times: [5], series: [[1]] });
});

test('It is bounded, however long the page is open or was asleep, and forgets tracks that are long gone', (t) => {
  const timeline = new Timeline(5);
  timeline.append({ time: 0, values: { gone: 1 } });
  for (let i = 1; i <= 2000; i++) timeline.append({ time: i * 5 * SECOND, values: { a: i } });
  timeline.append({ time: 9e12, values: { a: 1 } });
  const { times, series } = timeline.frame(['a'], 0, Number.MAX_SAFE_INTEGER);
  t.true(times.length <= 760, `${times.length}`);
  t.is(times.at(-1), 9e12);
  t.is(series[0]!.length, times.length);
  t.deepEqual(timeline.ids, ['a']);
});

test('Peaks are shown where they are known', (t) => {
  const timeline = new Timeline(60);
  timeline.load({ step: 60, times: [60_000], tracks: { a: { values: [1], peaks: [5] }, b: { values: [2] } } });
  t.deepEqual(timeline.frame(['a', 'b'], 0, 1e6, true).series, [[5], [2]]);
  t.deepEqual(timeline.frame(['a', 'b'], 0, 1e6, false).series, [[1], [2]]);
});

test('A frame reaches one point beyond both edges', (t) => {
  const timeline = new Timeline(5);
  timeline.load(history([5, 10, 15, 20, 25, 30], { a: [1, 2, 3, 4, 5, 6] }));
  t.deepEqual(timeline.frame(['a'], 12 * SECOND, 22 * SECOND).series, [[2, 3, 4, 5]]);
  t.deepEqual(timeline.frame(['a'], 15 * SECOND, 20 * SECOND).series, [[2, 3, 4]]);
  t.deepEqual(timeline.frame(['a'], 100 * SECOND, 200 * SECOND).series, [[6]]);
  t.deepEqual(new Timeline(5).frame(['a'], 0, 1).series, [[]]);
});

test('The place of a time among times', (t) => {
  t.deepEqual(
    [0, 1, 2, 3, 4].map((time) => lowerBound([1, 3], time)),
    [0, 0, 1, 1, 2],
  );
});
