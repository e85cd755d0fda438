import test from 'ava';
import type { MetricSnapshot } from '../../src/snapshot/snapshot.ts';
import { ofWorker } from '../../src/snapshot/worker.ts';

const metrics: MetricSnapshot[] = (['counter', 'updown', 'gauge', 'histogram'] as const).map((kind) => ({
  metric: { name: kind, kind },
  scope: { name: 's' },
  points: [{ attributes: { x: 1 }, startTime: 0, value: 1 }],
}));

function marked(aggregate: 'sum' | 'worker') {
  const named = ofWorker(metrics, '3', aggregate).filter(
    ({ points }) => points[0]!.attributes['loadline.worker'] === '3',
  );
  return named.map(({ metric }) => metric.kind);
}

test('What is added up is not told apart, unless that is asked for; gauges always are', (t) => {
  t.deepEqual(marked('sum'), ['gauge']);
  t.deepEqual(marked('worker'), ['counter', 'updown', 'gauge', 'histogram']);
});

test('Marking changes nothing that was there', (t) => {
  const before = structuredClone(metrics);
  t.deepEqual(ofWorker(metrics, '1', 'worker')[0]!.points[0]!.attributes, { x: 1, 'loadline.worker': '1' });
  t.deepEqual(metrics, before);
});
