/**
 * The base-2 exponential buckets of the store: pure maths, no clock, no memory.
 *
 * 16 buckets an octave (scale 4) from 2^-20 s (0.95 µs) to 2^10 s (1024 s), each upper-inclusive, as the OpenTelemetry
 * data model defines them: bucket `i` holds `(base^i, base^(i+1)]`, `base = 2^(1/16)`. One cell below takes everything
 * up to 2^-20 s, one above takes everything over 1024 s.
 *
 * A value inside the range is known to a factor of 2^(1/16): reporting a bucket by its geometric middle is wrong by at
 * most 2^(1/32) - 1 = 2.19 % of the value.
 */

/** OpenTelemetry `scale`: 2^4 = 16 buckets an octave. */
export const SCALE = 4;
const PER_OCTAVE = 1 << SCALE;
const LOWEST_OCTAVE = -20;
const HIGHEST_OCTAVE = 10;

/** OpenTelemetry index of the first bucket: it holds `(2^-20, 2^(-20 + 1/16)]`. */
export const OFFSET = LOWEST_OCTAVE * PER_OCTAVE;
/** Buckets between underflow and overflow. */
export const BUCKETS = (HIGHEST_OCTAVE - LOWEST_OCTAVE) * PER_OCTAVE;
/** Cells that one set of buckets takes: underflow, `BUCKETS` buckets, overflow. */
export const EXPONENTIAL_CELLS = BUCKETS + 2;
/** Everything up to this value is in the underflow cell: OpenTelemetry `zero_threshold`. */
export const ZERO_THRESHOLD = 2 ** LOWEST_OCTAVE;
const LARGEST = 2 ** HIGHEST_OCTAVE;
/** No reported quantile is off by more than this share of the true value (inside the range). */
export const QUANTILE_ERROR = 2 ** (1 / (2 * PER_OCTAVE)) - 1;

/** The largest float64 up to 2^(i/16): written out, because `2 ** x` is off by a bit, and not by the same one in every V8. */
const ROOTS = [
  1, 1.0442737824274138, 1.0905077326652575, 1.1387886347566916, 1.189207115002721, 1.241857812073484,
  1.2968395546510096, 1.3542555469368927,
  // biome-ignore lint/suspicious/noApproximativeNumericConstant: Math.SQRT2 is rounded up
  1.414213562373095, 1.4768261459394991, 1.5422108254079407, 1.6104903319492543, 1.681792830507429, 1.7562521603732995,
  1.8340080864093424, 1.9152065613971472,
];

/** `UPPER[cell]` is the largest float64 that a cell holds, in the value's unit; the overflow cell has none. */
const UPPER = new Float64Array(EXPONENTIAL_CELLS).fill(Number.POSITIVE_INFINITY);
for (let cell = 0, octave = ZERO_THRESHOLD; cell <= BUCKETS; cell++) {
  UPPER[cell] = ROOTS[cell % PER_OCTAVE]! * octave;
  if ((cell + 1) % PER_OCTAVE === 0) octave *= 2;
}

/** By the top 8 bits of a mantissa: the sub-bucket of the smallest mantissa that begins so. */
const SUB_BUCKET = new Uint8Array(256);
for (let top = 0, sub = 0; top < SUB_BUCKET.length; top++) {
  while (ROOTS[sub + 1]! <= 1 + top / 256) sub++;
  SUB_BUCKET[top] = sub;
}

const float = new Float64Array(1);
const words = new Uint32Array(float.buffer);
const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
const HIGH = LITTLE_ENDIAN ? 1 : 0;

/** The cell (0 … `EXPONENTIAL_CELLS - 1`) that holds `value`. Negative values and NaN count as underflow. */
export function exponentialCell(value: number): number {
  if (!(value > ZERO_THRESHOLD)) return 0;
  if (value > LARGEST) return BUCKETS + 1;
  float[0] = value;
  const high = words[HIGH]!;
  const octave = (high >>> 20) - 1023 - LOWEST_OCTAVE;
  // A table cell spans at most one bucket bound, so the guess is off by at most one either way.
  const guess = octave * PER_OCTAVE + SUB_BUCKET[(high >>> 12) & 0xff]! + 1;
  if (value > UPPER[guess]!) return guess + 1;
  return value > UPPER[guess - 1]! ? guess : guess - 1;
}

/** The index (0 … `bounds.length`) of the explicit bucket that holds `value`: bounds are inclusive upper bounds. */
export function explicitCell(bounds: readonly number[], value: number): number {
  let cell = 0;
  while (cell < bounds.length && value > bounds[cell]!) cell++;
  return cell;
}

/** The value by which a cell is reported: the geometric middle; 0 for underflow, 1024 for overflow. */
export function cellValue(cell: number): number {
  if (cell <= 0) return 0;
  if (cell > BUCKETS) return LARGEST;
  return 2 ** ((OFFSET + cell - 0.5) / PER_OCTAVE);
}

/**
 * The `q`-quantile (0 … 1) of a set of exponential cells, or NaN when it is empty. Nearest-rank definition; off by at
 * most `QUANTILE_ERROR` for values inside the range.
 */
export function quantile(cells: ArrayLike<number>, q: number): number {
  let total = 0;
  for (let i = 0; i < cells.length; i++) total += cells[i]!;
  if (total === 0) return Number.NaN;
  const rank = Math.max(1, Math.ceil(q * total));
  let seen = 0;
  for (let i = 0; i < cells.length; i++) {
    seen += cells[i]!;
    if (seen >= rank) return cellValue(i);
  }
  return cellValue(cells.length - 1);
}
