import test from 'ava';
import { drawnOf, extentOf, isShown } from '../../../src/dashboard/page/drawn.ts';
import type { Line } from '../../../src/dashboard/page/panels.ts';

const line = (track: string, more: Partial<Line> = {}): Line => ({ track, label: track, ink: 'blue', ...more });
const NOBODY = new Set<string>();

test('What is not known is left out, what is rare also while it is nothing', (t) => {
  t.false(isShown({ line: line('a'), values: [null, null] }));
  t.false(isShown({ line: line('a'), values: [] }));
  t.true(isShown({ line: line('a'), values: [null, 0] }));
  t.false(isShown({ line: line('a', { rare: true }), values: [null, 0] }));
  t.true(isShown({ line: line('a', { rare: true }), values: [null, 0.1] }));
});

test('A stack adds up all but its limit; a hidden line is no part of it', (t) => {
  const lines = [line('a'), line('b'), line('limit', { limit: true }), line('c')];
  const series = [[1], [2], [100], [4]];
  t.deepEqual(drawnOf(series, lines, NOBODY, true), [[1], [3], [100], [7]]);
  t.deepEqual(drawnOf(series, lines, new Set(['b']), true), [[1], [1], [100], [5]]);
  t.deepEqual(drawnOf(series, lines, new Set(['a', 'b', 'c', 'limit']), true), [[null], [null], [null], [null]]);
});

test('Lines that are no stack are drawn as they are', (t) => {
  t.deepEqual(
    drawnOf(
      [
        [1, null],
        [2, 3],
      ],
      [line('a'), line('b')],
      new Set(['b']),
      false,
    ),
    [
      [1, null],
      [null, null],
    ],
  );
});

test('The axis reaches a limit once the rest comes near it', (t) => {
  const lines = [line('a'), line('limit', { limit: true })];
  t.deepEqual(
    extentOf(
      [
        [1, 20],
        [100, 100],
      ],
      lines,
    ),
    [1, 20],
  );
  t.deepEqual(
    extentOf(
      [
        [1, 30],
        [100, 100],
      ],
      lines,
    ),
    [1, 100],
  );
  t.deepEqual(extentOf([[null], [100]], lines), [null, null]);
  t.deepEqual(
    extentOf(
      [
        [-5, 2],
        [null, null],
      ],
      lines,
    ),
    [-5, 2],
  );
});
