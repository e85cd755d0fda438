import test from 'ava';
import { inverseDiagonal, type Matrix, nonNegative } from '../../src/dashboard/nnls.ts';
import { random } from '../store/random.ts';

/** `A'A` and `A'y`. */
function normal(A: readonly (readonly number[])[], y: readonly number[]): { G: Matrix; h: number[] } {
  const columns = A[0]!.map((_, j) => A.map((row) => row[j]!));
  const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
  return { G: columns.map((a) => columns.map((b) => dot(a, b))), h: columns.map((a) => dot(a, y)) };
}

test('what is nowhere negative anyway is the solution of the equations', (t) => {
  const x = nonNegative(
    [
      [2, 1],
      [1, 3],
    ],
    [5, 10],
  );
  t.true(Math.abs(x[0]! - 1) < 1e-12 && Math.abs(x[1]! - 3) < 1e-12, String(x));
});

test('what would be negative is 0, and the others are the best that is left', (t) => {
  // Without the bound: 2 and -1.
  const x = nonNegative(
    [
      [1, 0.5],
      [0.5, 1],
    ],
    [1.5, 0],
  );
  t.deepEqual(x, [1.5, 0]);
});

test('where nothing helps all are 0', (t) => {
  t.deepEqual(
    nonNegative(
      [
        [1, 0],
        [0, 1],
      ],
      [-1, -2],
    ),
    [0, 0],
  );
  t.deepEqual(nonNegative([[1]], [0]), [0]);
  t.deepEqual(nonNegative([], []), []);
});

test('random problems end in a point where no step makes it better (Karush-Kuhn-Tucker)', (t) => {
  const next = random(7);
  for (let run = 0; run < 200; run++) {
    const size = 1 + Math.floor(next() * 12);
    const rows = size + Math.floor(next() * 30);
    const A = Array.from({ length: rows }, () => Array.from({ length: size }, () => next() - 0.3));
    const y = Array.from({ length: rows }, () => next() - 0.5);
    const { G, h } = normal(A, y);
    const ridged = G.map((row, i) => row.map((value, j) => value + (i === j ? 1e-9 : 0)));
    const x = nonNegative(ridged, h);
    x.forEach((value, i) => {
      const gradient = ridged[i]!.reduce((sum, g, j) => sum + g * x[j]!, 0) - h[i]!;
      t.true(value >= 0);
      t.true(gradient > -1e-6, `run ${run}: growing ${i} would help by ${-gradient}`);
      if (value > 1e-9) t.true(Math.abs(gradient) < 1e-6, `run ${run}: ${i} is not at its best`);
    });
  }
});

test('the diagonal of an inverse is right, and finite for what has none', (t) => {
  const diagonal = inverseDiagonal([
    [4, 2],
    [2, 3],
  ]);
  t.true(Math.abs(diagonal[0]! - 3 / 8) < 1e-12 && Math.abs(diagonal[1]! - 4 / 8) < 1e-12);
  t.true(
    inverseDiagonal([
      [1, 1],
      [1, 1],
    ]).every((value) => Number.isFinite(value) && value > 1e6),
  );
});
