import test from 'ava';
import {
  BUCKETS,
  cellValue,
  EXPONENTIAL_CELLS,
  explicitCell,
  exponentialCell,
  OFFSET,
  QUANTILE_ERROR,
  quantile,
  SCALE,
  ZERO_THRESHOLD,
} from '../../src/store/buckets.ts';
import { random } from './random.ts';

const PER_OCTAVE = 2 ** SCALE;
const LARGEST = 1024;
const view = new DataView(new ArrayBuffer(8));

function bitsOf(value: number): bigint {
  view.setFloat64(0, value);
  return view.getBigUint64(0);
}

function fromBits(bits: bigint): number {
  view.setBigUint64(0, bits);
  return view.getFloat64(0);
}

/** Whether a normal positive float64 is at most 2^(k/16), in whole numbers: no rounding anywhere. */
function isAtMost(value: number, k: number): boolean {
  const bits = bitsOf(value);
  const exponent = Number(bits >> 52n) - 1075;
  const mantissa = (bits & ((1n << 52n) - 1n)) | (1n << 52n);
  const shift = k - PER_OCTAVE * exponent;
  return shift >= 0 && mantissa ** BigInt(PER_OCTAVE) <= 1n << BigInt(shift);
}

/** The cell as the OpenTelemetry data model defines it: bucket `i` is `(2^(i/16), 2^((i+1)/16)]`. */
function exactCell(value: number): number {
  if (isAtMost(value, OFFSET)) return 0;
  let low = 0;
  let high = BUCKETS + 1;
  while (low + 1 < high) {
    const middle = (low + high) >> 1;
    if (isAtMost(value, OFFSET + middle)) high = middle;
    else low = middle;
  }
  return high;
}

test('Every bound is in the lower bucket, and its neighbours one ulp away are where exact arithmetic puts them', (t) => {
  for (let cell = 0; cell <= BUCKETS; cell++) {
    const near = bitsOf(2 ** ((OFFSET + cell) / PER_OCTAVE));
    for (let ulps = -3n; ulps <= 3n; ulps++) {
      const value = fromBits(near + ulps);
      const expected = exactCell(value);
      if (exponentialCell(value) !== expected) {
        return t.fail(`${value}: cell ${exponentialCell(value)}, not ${expected}`);
      }
    }
  }
  for (let octave = -20; octave <= 10; octave++) t.is(exponentialCell(2 ** octave), (octave + 20) * PER_OCTAVE);
});

test('Random values of every magnitude are where exact arithmetic puts them', (t) => {
  const next = random(1);
  for (let i = 0; i < 20_000; i++) {
    const value = 2 ** (next() * 36 - 23) * (1 + next());
    const expected = exactCell(value);
    if (exponentialCell(value) !== expected) return t.fail(`${value}: cell ${exponentialCell(value)}, not ${expected}`);
  }
  t.pass();
});

test('What is not above the zero threshold is underflow: zero, subnormals, negative values, NaN', (t) => {
  const low = [
    0,
    -0,
    5e-324,
    2.2250738585072014e-308,
    1e-9,
    ZERO_THRESHOLD,
    -1,
    -1e300,
    Number.NEGATIVE_INFINITY,
    Number.NaN,
  ];
  for (const value of low) t.is(exponentialCell(value), 0, String(value));
  t.is(exponentialCell(fromBits(bitsOf(ZERO_THRESHOLD) + 1n)), 1);
});

test('What is above 1024 is overflow: its neighbour, the largest number, Infinity', (t) => {
  t.is(exponentialCell(LARGEST), BUCKETS);
  for (const value of [fromBits(bitsOf(LARGEST) + 1n), 1025, 2048, Number.MAX_VALUE, Number.POSITIVE_INFINITY]) {
    t.is(exponentialCell(value), BUCKETS + 1, String(value));
  }
});

test('A cell is reported by a value that it holds', (t) => {
  for (let cell = 1; cell <= BUCKETS; cell++) t.is(exponentialCell(cellValue(cell)), cell);
  t.is(cellValue(0), 0);
  t.is(cellValue(-1), 0);
  t.is(cellValue(BUCKETS + 1), LARGEST);
});

test('Explicit bounds are inclusive upper bounds, and NaN cannot run past the last bucket', (t) => {
  const bounds = [-1, 0, 0.005, 10];
  const expected: [value: number, cell: number][] = [
    [Number.NEGATIVE_INFINITY, 0],
    [-1, 0],
    [-0.5, 1],
    [0, 1],
    [-0, 1],
    [5e-324, 2],
    [0.005, 2],
    [fromBits(bitsOf(0.005) + 1n), 3],
    [10, 3],
    [fromBits(bitsOf(10) + 1n), 4],
    [Number.POSITIVE_INFINITY, 4],
  ];
  for (const [value, cell] of expected) t.is(explicitCell(bounds, value), cell, String(value));
  t.true(explicitCell(bounds, Number.NaN) <= bounds.length);
  t.is(explicitCell([], 3), 0);
});

test('The error that is stated is that of the worst value of a bucket', (t) => {
  t.true(QUANTILE_ERROR > 0.0218 && QUANTILE_ERROR < 0.022);
  const base = 2 ** (1 / PER_OCTAVE);
  t.true(Math.abs(cellValue(1) / ZERO_THRESHOLD - (1 + QUANTILE_ERROR)) < 1e-12);
  t.true(Math.abs((ZERO_THRESHOLD * base) / cellValue(1) - (1 + QUANTILE_ERROR)) < 1e-12);
});

type Draw = (next: () => number) => number;
const normal: Draw = (next) => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
const DISTRIBUTIONS: Record<string, Draw> = {
  uniform: (next) => 1e-5 + next() * 900,
  'narrow uniform': (next) => 0.1 + next() * 0.01,
  lognormal: (next) => Math.exp(normal(next) * 1.5 - 4),
  bimodal: (next) => (next() < 0.9 ? 0.002 + 0.001 * next() : 20 + 5 * next()),
  constant: () => 0.0375,
  'powers of two': (next) => 2 ** Math.floor(next() * 30 - 19.5),
};

for (const [name, draw] of Object.entries(DISTRIBUTIONS)) {
  test(`No quantile of random values is off by more than the stated error: ${name}`, (t) => {
    for (const [seed, size] of [1, 2, 3, 10, 99, 1000, 20_000].entries()) {
      const next = random(seed + 7);
      const values = Float64Array.from({ length: size }, () => clamp(draw(next))).sort();
      const cells = new Float64Array(EXPONENTIAL_CELLS);
      for (const value of values) cells[exponentialCell(value)]! += 1;
      for (const q of [0, 0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1, next()]) {
        const exact = values[Math.max(1, Math.ceil(q * size)) - 1]!;
        const error = Math.abs(quantile(cells, q) / exact - 1);
        // Exactly on a bound the error is the stated one, plus the rounding of one division.
        if (!(error <= QUANTILE_ERROR + 1e-12)) return t.fail(`q ${q} of ${size}: off by ${error}`);
      }
    }
    t.pass();
  });
}

function clamp(value: number): number {
  return Math.min(LARGEST, Math.max(ZERO_THRESHOLD * 1.0001, value));
}

test('A quantile of nothing is NaN, and of values out of range the end of the range', (t) => {
  t.is(quantile(new Float64Array(EXPONENTIAL_CELLS), 0.5), Number.NaN);
  t.is(quantile([], 0.5), Number.NaN);
  const cells = new Float64Array(EXPONENTIAL_CELLS);
  cells[0] = 9;
  cells[BUCKETS + 1] = 1;
  t.is(quantile(cells, 0.9), 0);
  t.is(quantile(cells, 0.91), LARGEST);
});
