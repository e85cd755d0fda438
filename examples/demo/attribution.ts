/**
 * Which route keeps the event loop busy: least squares over many short intervals of
 * `active seconds = sum over routes of requests x cost`, costs not below zero. Pure.
 */
import type { Interval } from './interval.ts';

export interface Burner {
  readonly route: string;
  /** Estimated seconds of loop time a request. */
  readonly cost: number;
  /** Estimated part of all loop time, 0 to 1. */
  readonly share: number;
}

/** Fewer intervals than this say nothing. */
const ENOUGH = 10;
const ROUNDS = 200;

/** The route that costs the most loop time, when it takes over 30 % and twice as much as any other; else undefined. */
export function burner(intervals: readonly Interval[]): Burner | undefined {
  const active = intervals.reduce((sum, interval) => sum + interval.active, 0);
  if (intervals.length < ENOUGH || active <= 0) return undefined;
  const totals = countRequests(intervals);
  const costs = solve([...totals.keys()], intervals);
  const shares = [...costs].map(([route, cost]) => ({ route, cost, share: (cost * totals.get(route)!) / active }));
  const [first, second] = shares.sort((a, b) => b.share - a.share);
  if (!first || first.share < 0.3 || first.share < 2 * (second?.share ?? 0)) return undefined;
  return { ...first, share: Math.min(first.share, 1) };
}

function countRequests(intervals: readonly Interval[]): Map<string, number> {
  const totals = new Map<string, number>();
  for (const { routes } of intervals) {
    for (const { route, requests } of routes) totals.set(route, (totals.get(route) ?? 0) + requests);
  }
  return totals;
}

/** Coordinate descent: each route's cost in turn takes what the others leave over. */
function solve(routes: readonly string[], intervals: readonly Interval[]): Map<string, number> {
  const counts = routes.map((route) =>
    intervals.map((interval) => interval.routes.find((line) => line.route === route)?.requests ?? 0),
  );
  const left = intervals.map((interval) => interval.active);
  const costs = routes.map(() => 0);
  for (let round = 0; round < ROUNDS; round++) {
    counts.forEach((column, index) => {
      const squares = column.reduce((sum, count) => sum + count * count, 0);
      const slope = column.reduce((sum, count, row) => sum + count * left[row]!, 0) / squares;
      const cost = Math.max(0, costs[index]! + slope);
      const change = cost - costs[index]!;
      column.forEach((count, row) => {
        left[row]! -= count * change;
      });
      costs[index] = cost;
    });
  }
  return new Map(routes.map((route, index) => [route, costs[index]!]));
}
