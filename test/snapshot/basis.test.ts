import test from 'ava';
import { nextBasis } from '../../src/snapshot/basis.ts';
import { delta } from '../../src/snapshot/delta.ts';
import type { Attributes, Metric } from '../../src/snapshot/metric.ts';
import type { MetricSnapshot, Snapshot } from '../../src/snapshot/snapshot.ts';
import { randomSnapshot, seededRandom } from '../exposition/random-snapshot.ts';

function metric(name: string, series: readonly Attributes[], value = 1, kind: Metric['kind'] = 'counter') {
  const points = series.map((attributes) => ({ attributes, startTime: 1, value }));
  return { metric: { name, kind }, scope: { name: 's' }, points } satisfies MetricSnapshot;
}
const snapshot = (time: number, ...metrics: MetricSnapshot[]): Snapshot => ({ time, resource: {}, metrics });
const seriesOf = ({ metrics }: Snapshot) =>
  metrics.flatMap(({ metric: { name }, points }) => points.map(({ attributes }) => `${name}${attributes.i ?? ''}`));

test('Counters and histograms stay, gauges and updowns do not matter', (t) => {
  const current = snapshot(2, metric('c', [{}]), metric('g', [{}], 1, 'gauge'), metric('u', [{}], 1, 'updown'));
  t.deepEqual(seriesOf(nextBasis(undefined, current)), ['c']);
  t.is(nextBasis(undefined, current).time, 2);
});

test('What is gone, a series or a whole metric, stays until it is back, and counts once', (t) => {
  const first = nextBasis(undefined, snapshot(1, metric('a', [{ i: 1 }, { i: 2 }], 5), metric('b', [{}], 7)));
  const second = nextBasis(first, snapshot(2, metric('a', [{ i: 2 }], 6)));
  t.deepEqual(seriesOf(second).sort(), ['a1', 'a2', 'b']);
  const back = delta(second, snapshot(3, metric('a', [{ i: 1 }, { i: 2 }], 8), metric('b', [{}], 8)));
  t.deepEqual(
    back.metrics.flatMap(({ points }) => points.map(({ value }) => value)),
    [3, 2, 1],
  );
  t.deepEqual(seriesOf(nextBasis(second, snapshot(3, metric('b', [{}]), metric('a', [{ i: '1' }, { i: 2 }])))), [
    'b',
    'a1',
    'a2',
  ]);
});

test('Beyond the limit those that have been gone longest are forgotten', (t) => {
  let basis: Snapshot | undefined;
  for (let i = 0; i < 50; i++) basis = nextBasis(basis, snapshot(i, metric('a', [{ i }, { i: `${i}x` }])), 7);
  t.deepEqual(
    seriesOf(basis!),
    ['45x', '46', '46x', '47', '47x', '48', '48x', '49', '49x'].map((i) => `a${i}`),
  );
});

test('Random series that come and go add up to what was counted', (t) => {
  const random = seededRandom(3);
  for (let run = 0; run < 20; run++) {
    const totals = new Map<string, number>();
    const received = new Map<string, number>();
    let basis: Snapshot | undefined;
    for (let time = 1; time <= 30; time++) {
      const shown = [...'abcdef'].filter((name) => {
        totals.set(name, (totals.get(name) ?? 0) + Math.floor(random() * 5));
        return time === 30 || random() < 0.6;
      });
      const current = snapshot(time, ...shown.map((i) => metric('m', [{ i }], totals.get(i)!)));
      for (const { points } of delta(basis, current).metrics) {
        for (const { attributes, value } of points) {
          received.set(String(attributes.i), (received.get(String(attributes.i)) ?? 0) + (value as number));
        }
      }
      basis = nextBasis(basis, current);
    }
    t.deepEqual([...received].sort(), [...totals].sort());
  }
});

test('Hostile snapshots throw nothing', (t) => {
  let basis: Snapshot | undefined;
  for (let seed = 1; seed <= 50; seed++) basis = nextBasis(basis, randomSnapshot(seededRandom(seed)));
  t.true(basis!.metrics.length > 0);
});
