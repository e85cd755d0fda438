/**
 * What a request of each route costs on the event loop, estimated: nobody measures it, but when more requests of one
 * route come and the loop is busier by so much, that is what they cost. Pure.
 */
import { inverseDiagonal, nonNegative } from './nnls.ts';

/** One interval. */
export interface Load {
  readonly seconds: number;
  /** s that event loops were busy. */
  readonly active: number;
  /** Share of the busiest of them. */
  readonly utilization: number;
  /** By route's id: requests that ended, and their durations added up. */
  readonly routes: ReadonlyMap<string, { readonly count: number; readonly sum: number }>;
}

/** Routes that get an unknown of their own, those first that took most time; all others share one. */
const ROUTES = 20;
/** Intervals from which on there is an estimate. */
const LEAST = 24;
/** Intervals for each unknown, at least. */
const PER_UNKNOWN = 3;
/** Utilization from which on a loop is full: it cannot be busier, however many requests come, so it tells nothing. */
const FULL = 0.95;
/** Relative: only so that equations can be solved at all. */
const RIDGE = 1e-9;
/** Sum of squares around its mean of a column of length 1: below, it never changes, as far as rounding tells. */
const CONSTANT = 1e-9;
/** Standard deviations that are far off, and the share of intervals that may be left out for it. */
const FAR = 4;
const OUTLIERS = 0.1;
/** How much of a column the others explain, as 1 / (1 - R²): from there on it cannot be told from them. */
const COLLINEAR = 1000;
/** Two standard errors may be so much of the estimate, or of the route's mean duration. */
const OF_ESTIMATE = 0.5;
const OF_DURATION = 0.25;

/**
 * CPU seconds on the event loop per request, by route's id; null where it cannot be told: too few intervals in which the loop was not full, or the
 * route's requests come and go with those of others.
 */
export function routeCosts(all: readonly Load[]): Map<string, number | null> {
  const totals = totalsOf(all);
  const loads = all.filter(({ utilization }) => utilization < FULL);
  const costs = new Map<string, number | null>([...totals.keys()].map((id) => [id, null]));
  const unknowns = Math.min(ROUTES, Math.floor(loads.length / PER_UNKNOWN) - 2);
  if (loads.length < LEAST || unknowns < 1) return costs;
  const own = [...totals]
    .sort(([, a], [, b]) => b.sum - a.sum)
    .slice(0, unknowns)
    .map(([id]) => id);
  const { left } = fitted(loads, own);
  const { estimates } = fitted(withoutOutliers(loads, left), own);
  for (const [id, { cost, error, inflation }] of estimates) {
    const total = totals.get(id);
    if (!total) continue;
    const tolerated = Math.max(OF_ESTIMATE * cost, (OF_DURATION * total.sum) / total.count);
    if (inflation <= COLLINEAR && 2 * error <= tolerated) costs.set(id, cost);
  }
  return costs;
}

/** Without the intervals in which something else happened: those that lie far off, at most `OUTLIERS` of all. */
function withoutOutliers(loads: readonly Load[], left: readonly number[]): readonly Load[] {
  const sizes = left.map(Math.abs);
  const ascending = sizes.toSorted((a, b) => a - b);
  // Of a normal distribution the median absolute deviation is 0.6745 standard deviations.
  const far = (FAR * ascending[Math.floor(sizes.length / 2)]!) / 0.6745;
  const most = ascending[Math.ceil(sizes.length * (1 - OUTLIERS)) - 1]!;
  return loads.filter((_, i) => sizes[i]! <= Math.max(far, most));
}

function totalsOf(loads: readonly Load[]): Map<string, { count: number; sum: number }> {
  const totals = new Map<string, { count: number; sum: number }>();
  for (const { routes } of loads) {
    for (const [id, { count, sum }] of routes) {
      const total = totals.get(id) ?? { count: 0, sum: 0 };
      totals.set(id, { count: total.count + count, sum: total.sum + sum });
    }
  }
  return totals;
}

/** By name: of each route its requests, of the rest theirs, and the time, for what the loop does without requests. */
function columnsOf(loads: readonly Load[], own: readonly string[]): Map<string, number[]> {
  const columns = new Map(own.map((id) => [id, loads.map(({ routes }) => routes.get(id)?.count ?? 0)]));
  const rest = loads.map(({ routes }) => {
    let count = 0;
    for (const [id, each] of routes) if (!columns.has(id)) count += each.count;
    return count;
  });
  if (rest.some((count) => count > 0)) columns.set('', rest);
  return columns.set(
    'time',
    loads.map(({ seconds }) => seconds),
  );
}

interface Estimate {
  readonly cost: number;
  /** Standard error. */
  readonly error: number;
  /** 1 / (1 - R²) against all other columns, around their means. */
  readonly inflation: number;
}

/** `left`: by interval, what the fit does not explain, in s. */
interface Fit {
  readonly estimates: ReadonlyMap<string, Estimate>;
  readonly left: readonly number[];
}

function fitted(loads: readonly Load[], own: readonly string[]): Fit {
  const columns = columnsOf(loads, own);
  const y = loads.map(({ active }) => active);
  const names = [...columns.keys()];
  // Columns of length 1, so that one ridge suits all.
  const lengths = names.map((name) => Math.hypot(...columns.get(name)!) || 1);
  const A = names.map((name, i) => columns.get(name)!.map((value) => value / lengths[i]!));
  const G = A.map((a, i) => A.map((b, j) => dot(a, b) + (i === j ? RIDGE : 0)));
  const x = nonNegative(
    G,
    A.map((a) => dot(a, y)),
  );
  const left = y.map((value, t) => value - A.reduce((sum, a, i) => sum + a[t]! * x[i]!, 0));
  const variance = dot(left, left) / Math.max(1, y.length - names.length);
  const inverse = inverseDiagonal(G);
  const estimates = new Map<string, Estimate>();
  names.forEach((name, i) => {
    const spread = spreadOf(A[i]!);
    estimates.set(name, {
      cost: x[i]! / lengths[i]!,
      error: Math.sqrt(variance * inverse[i]!) / lengths[i]!,
      inflation: spread > CONSTANT ? inverse[i]! * spread : Number.POSITIVE_INFINITY,
    });
  });
  return { estimates, left };
}

/** Sum of squares around the mean. */
function spreadOf(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
}

function dot(a: readonly number[], b: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
