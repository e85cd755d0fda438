import test from 'ava';
import { HOUR, liveSpan, moved, SHORTEST, stepFor, zoomed } from '../../../src/dashboard/page/span.ts';

const MINUTE = 60_000;
const NOW = 100 * HOUR;

test('The latest stretch is the range, for a young process what there is with room to grow', (t) => {
  t.deepEqual(liveSpan(15 * MINUTE, NOW - HOUR, NOW), { from: NOW - 15 * MINUTE, to: NOW });
  t.deepEqual(liveSpan(15 * MINUTE, NOW - 10_000, NOW), { from: NOW - MINUTE, to: NOW });
  t.deepEqual(liveSpan(15 * MINUTE, NOW - 5 * MINUTE, NOW), { from: NOW - 6 * MINUTE, to: NOW });
  t.deepEqual(liveSpan(5 * MINUTE, undefined, NOW), { from: NOW - MINUTE, to: NOW });
});

test('Zooming keeps the time under the cursor where it is', (t) => {
  const span = { from: NOW - HOUR, to: NOW };
  t.deepEqual(zoomed(span, 0.5), { from: NOW - 45 * MINUTE, to: NOW - 15 * MINUTE });
  t.deepEqual(zoomed(span, 0.5, NOW), { from: NOW - 30 * MINUTE, to: NOW });
  t.deepEqual(zoomed(zoomed(span, 0.5, NOW - 20 * MINUTE), 2, NOW - 20 * MINUTE), span);
});

test('Nobody zooms in to nothing or out of a day', (t) => {
  const near = zoomed({ from: NOW - 10, to: NOW }, 0.5);
  t.is(near.to - near.from, SHORTEST);
  const far = zoomed({ from: NOW - 20 * HOUR, to: NOW }, 8);
  t.is(far.to - far.from, 24 * HOUR);
});

test('Moving goes back freely, but not into the future', (t) => {
  const span = { from: NOW - HOUR, to: NOW - MINUTE };
  t.deepEqual(moved(span, -1, NOW), { from: span.from - 59 * MINUTE, to: span.to - 59 * MINUTE });
  t.deepEqual(moved(span, 1, NOW), { from: span.from + MINUTE, to: NOW });
});

test('The fine history is used as far as it reaches', (t) => {
  t.is(stepFor({ from: NOW - HOUR, to: NOW }, NOW - HOUR, NOW), 5);
  t.is(stepFor({ from: NOW - HOUR, to: NOW }, NOW - 10 * MINUTE, NOW), 5);
  t.is(stepFor({ from: NOW - 24 * HOUR, to: NOW }, NOW - HOUR, NOW), 60);
  t.is(stepFor({ from: NOW - 24 * HOUR, to: NOW - 23.9 * HOUR }, NOW - HOUR, NOW), 60);
  t.is(stepFor({ from: NOW - 3 * HOUR, to: NOW }, NOW - 4 * HOUR, NOW), 5);
});
