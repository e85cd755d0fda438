import test from 'ava';
import { Ids } from '../../src/dashboard/ids.ts';
import { Kept, QUIET } from '../../src/dashboard/kept.ts';

test('there is room for so many, and then for nobody while all are busy', (t) => {
  const kept = new Kept(2);
  t.true(kept.take('a', 1));
  t.true(kept.take('b', 1));
  t.false(kept.take('c', 1));
  t.true(kept.take('a', QUIET));
  t.false(kept.take('c', QUIET));
  t.true(kept.take('c', QUIET + 1), 'b was quiet for long enough');
  t.deepEqual(
    ['a', 'b', 'c'].map((id) => kept.has(id)),
    [true, false, true],
  );
});

test('who has waited longest goes first', (t) => {
  const kept = new Kept(3);
  for (const [id, point] of [
    ['a', 3],
    ['b', 1],
    ['c', 2],
  ] as const)
    kept.take(id, point);
  t.true(kept.take('d', 1000));
  t.false(kept.has('b'));
  t.deepEqual([kept.dropped(), kept.dropped()], [['b'], []]);
});

test('who has a lesser rank is let in before one of a greater, and never the other way round', (t) => {
  const kept = new Kept(2);
  kept.take('low', 1, 1);
  kept.take('high', 1, 0);
  t.false(kept.take('other', 1, 1));
  t.true(kept.take('also high', 1, 0));
  t.deepEqual(
    ['low', 'high', 'also high'].map((id) => kept.has(id)),
    [false, true, true],
  );
  t.false(kept.take('third high', 1, 0));
});

test('ids are short, and the same until far too many others were seen', (t) => {
  const ids = new Ids('r', 3);
  t.deepEqual(
    ['x', 'y', 'x', 'z'].map((key) => ids.of(key)),
    ['r1', 'r2', 'r1', 'r3'],
  );
  t.is(ids.of('x'), 'r1');
  t.is(ids.of('new'), 'r4');
  t.is(ids.of('x'), 'r1');
  t.is(ids.of('y'), 'r5', 'the one that was not seen for longest was forgotten, and its id is not given again');
});
