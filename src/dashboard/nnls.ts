/** Least squares whose solution is nowhere negative, on normal equations: pure. */

/** Square, symmetric, by rows. */
export type Matrix = readonly (readonly number[])[];

/**
 * The `x >= 0` that makes `x'Gx - 2h'x` least: with `G = A'A` and `h = A'y` the one that is nearest to `y` (Lawson and
 * Hanson, "Solving Least Squares Problems", 1974, chapter 23). `G` must be positive definite, which a little on its
 * diagonal makes it (ridge regression).
 */
export function nonNegative(G: Matrix, h: readonly number[]): number[] {
  const size = h.length;
  let x = h.map(() => 0);
  let free: number[] = [];
  const tolerance = 1e-10 * Math.max(...h.map(Math.abs), Number.MIN_VALUE);
  for (let round = 0; round < 3 * size; round++) {
    const entering = steepest(G, h, x, free, tolerance);
    if (entering === undefined) break;
    free = [...free, entering];
    for (let solved = solve(G, h, free); ; solved = solve(G, h, free)) {
      const share = free.reduce(
        (least, at, i) => (solved[i]! > 0 ? least : Math.min(least, step(x[at]!, solved[i]!))),
        1,
      );
      const next = x.map(() => 0);
      free.forEach((at, i) => {
        next[at] = x[at]! + share * (solved[i]! - x[at]!);
      });
      x = next;
      if (share === 1) break;
      free = free.filter((at) => x[at]! > 1e-15);
      if (free.length === 0) break;
    }
  }
  return x;
}

/** How far one may go from `from` (0 or more) towards `to` (0 or less) until it is 0: 0 to 1. */
function step(from: number, to: number): number {
  return from === to ? 0 : from / (from - to);
}

/** The unknown at 0 that improves most when it grows. */
function steepest(G: Matrix, h: readonly number[], x: readonly number[], free: readonly number[], least: number) {
  let best: number | undefined;
  let most = least;
  for (let at = 0; at < h.length; at++) {
    if (free.includes(at)) continue;
    const gain = h[at]! - dot(G[at]!, x);
    if (gain <= most) continue;
    most = gain;
    best = at;
  }
  return best;
}

/** Of the unknowns `at`, all others 0. */
function solve(G: Matrix, h: readonly number[], at: readonly number[]): number[] {
  const L = cholesky(at.map((i) => at.map((j) => G[i]![j]!)));
  return solveWith(
    L,
    at.map((i) => h[i]!),
  );
}

/** The diagonal of the inverse. */
export function inverseDiagonal(G: Matrix): number[] {
  const L = cholesky(G);
  return G.map(
    (_, i) =>
      solveWith(
        L,
        G.map((_, j) => (i === j ? 1 : 0)),
      )[i]!,
  );
}

/** The lower triangle of `LL' = G`. What is not positive for rounding is taken for hardly positive. */
function cholesky(G: Matrix): number[][] {
  const L: number[][] = [];
  for (let i = 0; i < G.length; i++) {
    const row: number[] = [];
    for (let j = 0; j < i; j++) row.push((G[i]![j]! - dot(row, L[j]!.slice(0, j))) / L[j]![j]!);
    row.push(Math.sqrt(Math.max(G[i]![i]! - dot(row, row), 1e-12 * G[i]![i]!, Number.MIN_VALUE)));
    L.push(row);
  }
  return L;
}

/** The solution of `LL'x = h`. */
function solveWith(L: readonly (readonly number[])[], h: readonly number[]): number[] {
  const size = h.length;
  const y: number[] = [];
  for (let i = 0; i < size; i++) y.push((h[i]! - dot(y, L[i]!)) / L[i]![i]!);
  const x = y.slice();
  for (let i = size - 1; i >= 0; i--) {
    for (let j = i + 1; j < size; j++) x[i]! -= L[j]![i]! * x[j]!;
    x[i]! /= L[i]![i]!;
  }
  return x;
}

/** Over as many as the first has. */
function dot(a: readonly number[], b: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
