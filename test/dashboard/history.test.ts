import test from 'ava';
import { History, rounded } from '../../src/dashboard/history.ts';
import { PAGE, Pages } from '../../src/dashboard/pages.ts';
import { Ring } from '../../src/dashboard/ring.ts';

const ALL = () => true;
const BEGIN = 1_700_000_000_000;
const one = (value: number | null) => new Map([['a', value]]);
const timeOf = (number: number) => BEGIN + number * 5000;

function filled(points: number, value: (number: number) => number | null = (number) => number): History {
  const history = new History();
  for (let number = 1; number <= points; number++) history.record(number, timeOf(number), one(value(number)));
  return history;
}

test('nothing is an answer without points', (t) => {
  t.deepEqual(new History().answer(5, ALL), { step: 5, times: [], tracks: {} });
  t.deepEqual(new History().answer(60, ALL), { step: 60, times: [], tracks: {} });
  t.is(new History().bytes, 0);
});

test('the last hour is kept point by point, evenly spaced, and no more', (t) => {
  for (const points of [1, 719, 720, 721, 839, 840, 841, 2000]) {
    const { times, tracks } = filled(points).answer(5, ALL);
    const count = Math.min(points, 720);
    t.is(times.length, count);
    t.is(times.at(-1), timeOf(points));
    t.is(times[0], timeOf(points - count + 1));
    t.deepEqual(
      tracks.a!.values,
      Array.from({ length: count }, (_, i) => points - count + 1 + i),
      `${points}`,
    );
    t.is(tracks.a!.peaks, undefined);
  }
});

test('the last day is kept minute by minute as mean and peak, so that no peak is lost', (t) => {
  const history = filled(17280 + 24, (number) => (number % 1200 === 7 ? 500 : 1));
  const { times, tracks } = history.answer(60, ALL);
  t.is(times.length, 1440);
  t.is(times.at(-1)! - times[0]!, 1439 * 60_000);
  t.is(times.at(-1), timeOf(17280 + 24));
  const { values, peaks } = tracks.a!;
  t.is(peaks!.filter((peak) => peak === 500).length, 14);
  t.is(values.filter((value) => value === rounded((11 + 500) / 12)).length, 14);
  t.is(values.filter((value) => value === 1).length, 1440 - 14);
});

test('a minute that is not over is not told yet', (t) => {
  t.deepEqual(filled(11).answer(60, ALL).times, []);
  t.deepEqual(filled(12).answer(60, ALL), {
    step: 60,
    times: [timeOf(12)],
    tracks: { a: { values: [6.5], peaks: [12] } },
  });
  t.deepEqual(filled(23).answer(60, ALL).times, [timeOf(12)]);
});

test('where there was no value there is none, and points that were missed are gaps', (t) => {
  const history = new History();
  history.record(1, timeOf(1), one(1));
  history.record(2, timeOf(2), one(null));
  history.record(3, timeOf(3), new Map());
  history.record(
    5,
    timeOf(5),
    new Map([
      ['a', Number.NaN],
      ['b', 5],
    ]),
  );
  history.record(30, timeOf(30), one(30));
  const { times, tracks } = history.answer(5, ALL);
  t.is(times.length, 30);
  t.deepEqual(tracks.a!.values, [1, ...Array(28).fill(null), 30]);
  t.deepEqual(tracks.b!.values, [null, null, null, null, 5, ...Array(25).fill(null)]);
  t.deepEqual(history.answer(60, ALL).tracks.a, { values: [1, null], peaks: [1, null] });
});

test('after a gap of hours nothing old comes back', (t) => {
  const history = filled(700);
  const number = 700 + 5 * 720;
  history.record(number, timeOf(number), one(-1));
  const { values } = history.answer(5, ALL).tracks.a!;
  t.deepEqual(
    values.filter((value) => value !== null),
    [-1],
  );
  t.is(history.answer(60, ALL).tracks.a!.values.filter((value) => value !== null).length, 59);
});

test('only what is wanted is told, and no more tracks than may be', (t) => {
  const history = new History();
  history.record(
    1,
    BEGIN,
    new Map([
      ['a', 1],
      ['b', 2],
      ['c', 3],
    ]),
  );
  t.deepEqual(Object.keys(history.answer(5, (id) => id !== 'b').tracks), ['a', 'c']);
  t.deepEqual(Object.keys(history.answer(5, ALL, 2).tracks), ['a', 'b']);
});

test('the latest values of a track are at hand', (t) => {
  const history = filled(10, (number) => (number === 9 ? null : number));
  t.deepEqual(history.recent('a', 3), [8, 10]);
  t.deepEqual(history.recent('a', 100), [1, 2, 3, 4, 5, 6, 7, 8, 10]);
  t.deepEqual(history.recent('nobody', 3), []);
});

test('a track of which nothing is left is forgotten, and its memory serves others', (t) => {
  const history = new History();
  let number = 0;
  for (; number < 100; number++) history.record(number + 1, timeOf(number + 1), new Map([['old', 1]]));
  const before = history.bytes;
  for (; number < 19000; number++) history.record(number + 1, timeOf(number + 1), new Map());
  t.is(history.size, 0);
  for (; number < 19100; number++) history.record(number + 1, timeOf(number + 1), new Map([['new', 1]]));
  t.is(history.bytes, before);
  history.forget('new');
  t.is(history.size, 0);
  t.deepEqual(history.answer(5, ALL).tracks, {});
});

test('a track with ten points takes one page, and sixty idle tracks less than 2 MB after a day', (t) => {
  const history = new History();
  for (let number = 1; number <= 10; number++) history.record(number, timeOf(number), one(1));
  t.true(history.bytes <= 64 * PAGE * 4);
  const ids = Array.from({ length: 60 }, (_, i) => `t${i}`);
  for (let number = 11; number <= 17280; number++) {
    history.record(number, timeOf(number), new Map(ids.map((id) => [id, 1])));
  }
  t.true(history.bytes < 1_200_000, `${history.bytes}`);
});

test('a page is handed out without values, also the second time', (t) => {
  const pages = new Pages();
  const first = pages.take();
  pages.write(first, 3, 42);
  t.is(pages.read(first, 3), 42);
  pages.give(first);
  const again = Array.from({ length: 70 }, () => pages.take());
  t.true(again.includes(first));
  t.is(new Set(again).size, 70);
  for (const page of again) t.true(Number.isNaN(pages.read(page, 3)));
});

test('a ring tells nothing of what it never had, or had long ago', (t) => {
  const ring = new Ring(new Pages(), 240);
  t.true(Number.isNaN(ring.read(0)));
  ring.write(5, 1);
  t.is(ring.read(5), 1);
  ring.write(5 + 3 * PAGE, 2);
  t.true(Number.isNaN(ring.read(5)));
  t.is(ring.read(5 + 3 * PAGE), 2);
  t.true(ring.forget(3 * PAGE));
  t.false(ring.forget(4 * PAGE));
});

test('numbers are rounded to five digits, whatever their size', (t) => {
  for (const [value, wanted] of [
    [0, 0],
    [0.1 + 0.2, 0.3],
    [Math.fround(0.1), 0.1],
    [-1234567, -1234600],
    [123456.7, 123460],
    [4.3453e9, 4345300000],
    [99999.6, 100000],
    [1e-7 / 3, 3.3333e-8],
    [1.23456789e300, 1.2346e300],
    [5e-324, 5e-324],
  ] as const) {
    t.is(rounded(value), wanted);
  }
});
