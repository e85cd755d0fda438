import test from 'ava';
import { stacked } from '../../../src/dashboard/page/stack.ts';

test('Each series stands on those before it', (t) => {
  t.deepEqual(
    stacked([
      [1, 2],
      [10, 0],
      [0.5, 1],
    ]),
    [
      [1, 2],
      [11, 2],
      [11.5, 3],
    ],
  );
});

test('What one series does not know counts as nothing; where nobody knows there is a gap', (t) => {
  t.deepEqual(
    stacked([
      [1, null, null],
      [null, 3, null],
    ]),
    [
      [1, 0, null],
      [1, 3, null],
    ],
  );
});

test('Nothing stacks to nothing', (t) => {
  t.deepEqual(stacked([]), []);
  t.deepEqual(stacked([[]]), [[]]);
});
