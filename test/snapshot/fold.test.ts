import test from 'ava';
import { fold, lasting } from '../../src/snapshot/fold.ts';
import { APP_SCOPE, type MetricKind, type Scope } from '../../src/snapshot/metric.ts';
import type { MetricSnapshot } from '../../src/snapshot/snapshot.ts';

function counting(series: readonly (string | number)[], value = 1): MetricSnapshot {
  const points = series.map((x) => ({ attributes: { x }, startTime: 7, value }));
  return { metric: { name: 'm', kind: 'counter' }, scope: { name: 's' }, points };
}

function total(metrics: readonly MetricSnapshot[]): number {
  return metrics.flatMap(({ points }) => points).reduce((sum, { value }) => sum + (value as number), 0);
}

test('Counters, histograms and what the app itself adds to updowns last; all that is a state of the thread goes', (t) => {
  const one = (kind: MetricKind, scope: Scope) => ({ metric: { name: kind, kind }, scope, points: [] });
  const kinds: MetricKind[] = ['counter', 'updown', 'gauge', 'histogram'];
  const of = (scope: Scope) => lasting(kinds.map((kind) => one(kind, scope))).map(({ metric }) => metric.kind);
  t.deepEqual(of({ name: 'loadline' }), ['counter', 'histogram']);
  t.deepEqual(of({ ...APP_SCOPE }), ['counter', 'updown', 'histogram']);
});

test('However many series come, there are never more than the budget, and the sum stays exact', (t) => {
  let base: MetricSnapshot[] = [];
  for (let i = 0; i < 100; i++) base = fold([base, [counting([i, i + 1, 'same'])]], 10);
  t.is(base.length, 1);
  t.is(base[0]!.points.length, 10);
  t.is(total(base), 300);
  const same = base[0]!.points.find(({ attributes }) => attributes.x === 'same');
  t.is(same?.value, 100, 'a series that was there first keeps its own place');
  const overflow = base[0]!.points.filter(({ attributes }) => attributes['otel.metric.overflow'] === true);
  t.is(overflow.length, 1);
});

test('The overflow series of two lists is one, and the budget may be the smallest there is', (t) => {
  const folded = fold([[counting(['a', 'b', 'c'])], fold([[counting(['d', 'e', 'f'])]], 2)], 2);
  t.is(folded[0]!.points.length, 2);
  t.is(total(folded), 6);
});

test('Within the budget nothing is changed but added up', (t) => {
  t.deepEqual(fold([[counting(['a', 'b'])], [counting(['b'], 5)]], 2)[0]!.points, [
    { attributes: { x: 'a' }, startTime: 7, value: 1 },
    { attributes: { x: 'b' }, startTime: 7, value: 6 },
  ]);
});
