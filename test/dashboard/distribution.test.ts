import test from 'ava';
import { Distribution } from '../../src/dashboard/distribution.ts';
import { DURATION_BOUNDS } from '../../src/snapshot/metric.ts';
import type { HistogramPoint } from '../../src/snapshot/snapshot.ts';
import { QUANTILE_ERROR } from '../../src/store/buckets.ts';
import { random } from '../store/random.ts';
import { Recorded } from './recorded.ts';

const DURATION = 'http.server.request.duration';

function pointsOf(recorded: Recorded, name = DURATION): HistogramPoint[] {
  const found = recorded.metrics().find(({ metric }) => metric.name === name);
  return (found?.points ?? []).map(({ value }) => value as HistogramPoint);
}

test('quantiles of several histograms are those of all their values', (t) => {
  const next = random(5);
  const recorded = new Recorded();
  const values: number[] = [];
  for (let i = 0; i < 3000; i++) {
    const value = 10 ** (next() * 5 - 4);
    values.push(value);
    recorded.requests(1, value, { 'http.route': `/${i % 7}` });
  }
  values.sort((a, b) => a - b);
  const all = new Distribution().add(pointsOf(recorded), DURATION_BOUNDS);
  t.is(all.count, 3000);
  t.true(Math.abs(all.sum / values.reduce((sum, value) => sum + value, 0) - 1) < 1e-9);
  for (const q of [0.01, 0.5, 0.9, 0.99, 1]) {
    const exact = values[Math.max(0, Math.ceil(q * values.length) - 1)]!;
    t.true(Math.abs(all.quantile(q)! / exact - 1) <= QUANTILE_ERROR + 1e-9, `${q}`);
  }
});

test('nothing has no quantile, and what is below and above all buckets has one', (t) => {
  t.is(new Distribution().quantile(0.5), null);
  t.is(new Distribution().add([], DURATION_BOUNDS).quantile(0.99), null);
  const tiny = new Distribution().add(pointsOf(new Recorded().requests(3, 0)), DURATION_BOUNDS);
  t.is(tiny.quantile(0.5), 0);
  const huge = new Distribution().add(pointsOf(new Recorded().requests(3, 5000)), DURATION_BOUNDS);
  t.is(huge.quantile(0.5), 1024);
});

test('without exponential buckets a quantile is linear in its bucket, and the last bound is the most there is', (t) => {
  const bounds = [1, 2, 4];
  const of = (...counts: number[]) => new Distribution().add([{ counts, sum: 1 }], bounds);
  t.is(of(0, 10, 0, 0).quantile(0.5), 1.5);
  t.is(of(10, 0, 0, 0).quantile(0.5), 0.5);
  t.is(of(0, 0, 0, 7).quantile(0.5), 4);
  t.is(of(0, 0, 0, 0).quantile(0.5), null);
  t.is(new Distribution().add([{ counts: [5], sum: 1 }], []).quantile(0.5), null);
});

test('one is used again and again, also for a metric of other bounds', (t) => {
  const scratch = new Distribution().add(pointsOf(new Recorded().requests(5, 1)), DURATION_BOUNDS);
  t.is(scratch.clear().count, 0);
  t.is(scratch.quantile(0.5), null);
  t.is(scratch.add([{ counts: [0, 1], sum: 9 }], [3]).quantile(0.5), 3);
  t.deepEqual([scratch.count, scratch.sum], [1, 9]);
  t.true(
    Math.abs(
      scratch
        .clear()
        .add(pointsOf(new Recorded().requests(1, 0.5)), DURATION_BOUNDS)
        .quantile(0.5)! - 0.5,
    ) < 0.02,
  );
});

test('what is kept of it for a minute gives the same quantiles', (t) => {
  const recorded = new Recorded().requests(90, 0.01).requests(9, 0.2).requests(1, 3);
  const all = new Distribution().add(pointsOf(recorded), DURATION_BOUNDS);
  const sparse = all.sparse();
  t.is(sparse.length, 6);
  const again = new Distribution();
  for (let i = 0; i < 3; i++) again.addSparse(sparse);
  t.is(again.count, 300);
  for (const q of [0.5, 0.9, 0.95, 0.99, 1]) t.is(again.quantile(q), all.quantile(q));
});
