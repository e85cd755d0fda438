import test from 'ava';
import type { Metric, Sink } from '../../src/sampler/sampler.ts';
import { attributesKey } from '../../src/snapshot/metric.ts';
import type { MetricSnapshot, Point } from '../../src/snapshot/snapshot.ts';
import { collector, fail, sampler } from './helpers.ts';

const LIMIT = 8;

/** Mulberry32: the same numbers for the same seed. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const NAMES = ['a', 'b', 'c', '', 'x\ny', 'loadline.sampler.errors', 5, null];
const KINDS = ['counter', 'updown', 'gauge', 'histogram', 'counter', 'histogram', 'summary'];
const ODD = [Number.NaN, -1, '5', null, undefined, 1e308, { counts: [1], sum: 1 }, { counts: [1, 2], sum: 'x' }];

function put(sink: Sink, pick: (below: number) => number): void {
  const kind = KINDS[pick(KINDS.length)];
  const metric = { name: NAMES[pick(NAMES.length)], kind, bounds: pick(20) === 0 ? [2] : [1] } as Metric;
  const value = kind === 'histogram' ? { counts: [pick(50), pick(50)], sum: pick(9) - 4 } : pick(100);
  const attributes = pick(12) === 0 ? { i: {} } : { i: pick(20), [`k${pick(2)}`]: pick(2) === 0 };
  sink.put(metric, (pick(10) === 0 ? ODD[pick(ODD.length)] : value) as never, attributes as never);
}

function chaotic(scope: string, pick: (below: number) => number) {
  return sampler(scope, (sink) => {
    for (let i = pick(60); i > 0; i--) put(sink, pick);
    if (pick(10) === 0) fail();
    if (pick(8) === 0) return Promise.reject(new Error('on purpose'));
    return pick(3) === 0 ? Promise.resolve().then(() => put(sink, pick)) : undefined;
  });
}

/** What is wrong with a result, by the rules of SPEC.md. */
function problems(result: readonly MetricSnapshot[], before: Map<string, Point>): string[] {
  const found: string[] = [];
  const seen = new Set<string>();
  const kinds = new Map<string, string>();
  for (const { metric, scope, points } of result) {
    if (!/^[a-z.]+$/.test(metric.name)) found.push(`name ${metric.name}`);
    if ((kinds.get(metric.name) ?? metric.kind) !== metric.kind) found.push(`two kinds of ${metric.name}`);
    kinds.set(metric.name, metric.kind);
    if (points.length === 0 || points.length > LIMIT + 1) found.push(`${points.length} points of ${metric.name}`);
    for (const point of points) {
      const key = `${scope.name} ${metric.name} ${attributesKey(point.attributes)}`;
      if (seen.has(key)) found.push(`${key} twice`);
      seen.add(key);
      const old = before.get(`${metric.kind} ${key}`);
      if (!fits(metric, point, old)) found.push(`${metric.kind} ${key}: ${JSON.stringify([old, point])}`);
      before.set(`${metric.kind} ${key}`, point);
    }
  }
  for (const key of before.keys()) if (!seen.has(key.slice(key.indexOf(' ') + 1))) before.delete(key);
  return found;
}

function fits(metric: Metric, point: Point, old: Point | undefined): boolean {
  const cells = typeof point.value === 'number' ? [point.value] : [...Array.from(point.value.counts), point.value.sum];
  if (!cells.every(Number.isFinite)) return false;
  if (metric.kind === 'gauge' || metric.kind === 'updown') return cells.length === 1;
  const monotonic = metric.kind === 'histogram' ? cells.slice(0, -1) : cells;
  if (monotonic.some((cell) => cell < 0)) return false;
  if (metric.kind === 'histogram' && cells.length !== metric.bounds!.length + 2) return false;
  if (old === undefined || point.startTime > old.startTime) return true;
  const counts = typeof old.value === 'number' ? [old.value] : Array.from(old.value.counts);
  return point.startTime === old.startTime && monotonic.every((cell, i) => cell >= counts[i]!);
}

for (const seed of [1, 2, 3, 4]) {
  test(`300 rounds of chaos (seed ${seed}) give nothing but valid results`, async (t) => {
    const pick = random(seed);
    let now = 1_000_000;
    const all = Array.from({ length: 6 }, (_, i) => chaotic(`s${i}`, pick));
    const { collector: it, samplers } = collector(all, { seriesLimit: LIMIT, now: () => now, processStart: 1 });
    const before = new Map<string, Point>();
    let points = 0;
    for (let round = 1; round <= 300; round++) {
      now += pick(3) === 0 ? -500 : 1000;
      const one = all[pick(all.length)]!;
      if (pick(25) === 0 && !samplers.delete(one)) samplers.add(one);
      const result = await it.collect();
      t.deepEqual(problems(result, before), [], `round ${round}`);
      points += structuredClone(result).length;
    }
    t.true(points > 1000, String(points));
  });
}
