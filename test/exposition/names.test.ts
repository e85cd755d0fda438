import test from 'ava';
import type { Attributes, Metric } from '../../src/snapshot/metric.ts';
import { of, samples } from './showing.ts';

const nameOf = (metric: Metric): string => samples([of(metric, [[{}, 1]])])[0]!.split(' ')[0]!;

test('names get their unit and _total once', (t) => {
  const gauge = (name: string, unit?: string) => nameOf({ name, kind: 'gauge', unit });
  const counter = (name: string, unit?: string) => nameOf({ name, kind: 'counter', unit });
  t.is(gauge('a.b', 's'), 'a_b_seconds');
  t.is(gauge('a.b', 'ms'), 'a_b_milliseconds');
  t.is(gauge('a.seconds', 's'), 'a_seconds');
  t.is(gauge('microseconds', 's'), 'microseconds_seconds');
  t.is(gauge('seconds', 's'), 'seconds');
  t.is(gauge('a', 'By'), 'a_bytes');
  t.is(gauge('a', 'By/s'), 'a_bytes_per_second');
  t.is(gauge('a', '{packet}/s'), 'a_per_second');
  t.is(gauge('a', '%'), 'a_percent');
  t.is(gauge('a', '1'), 'a_ratio');
  t.is(nameOf({ name: 'a', kind: 'updown', unit: '1' }), 'a');
  t.is(gauge('a', '{request}'), 'a');
  t.is(gauge('a', 'widgets'), 'a_widgets');
  t.is(gauge('a', '😀'), 'a');
  t.is(counter('a', '1'), 'a_total');
  t.is(counter('a.total', 's'), 'a_seconds_total');
  t.is(counter('a_seconds_total', 's'), 'a_seconds_total');
  t.is(counter('total'), 'total_total');
  t.is(counter('.total'), '_total_total');
});

test('names become valid', (t) => {
  const gauge = (name: string) => nameOf({ name, kind: 'gauge' });
  t.is(gauge('a..b--c'), 'a_b_c');
  t.is(gauge('1st'), '_1st');
  t.is(gauge('😀'), '_');
  t.is(gauge(''), '_');
  t.is(gauge('__name__'), '_name');
  t.is(gauge('a:b'), 'a_b');
  t.is(gauge('x'.repeat(255)), 'x'.repeat(255));
  t.is(nameOf({ name: '😀', kind: 'gauge', unit: 's' }), '_seconds');
});

test('attributes that become one label are joined in the order of their keys', (t) => {
  const metric: Metric = { name: 'a', kind: 'gauge' };
  t.deepEqual(samples([of(metric, [[{ 'x.y': '2', x_y: '3', 'x-y': '1' }, 1]])]), ['a{x_y="1;2;3"} 1']);
});

test('labels are sorted, escaped and never reserved', (t) => {
  const metric: Metric = { name: 'a', kind: 'gauge' };
  const line = (attributes: Attributes) => samples([of(metric, [[attributes, 1]])])[0];
  t.is(line({ b: 'x"y', a: 'c\\d\ne' }), 'a{a="c\\\\d\\ne",b="x\\"y"} 1');
  t.is(line({ __name__: 'x' }), 'a{_name_="x"} 1');
  t.is(line({ '': 'x' }), 'a{_="x"} 1');
  t.is(line({ '2xx': true }), 'a{key_2xx="true"} 1');
  t.is(line({ a: '' }), 'a 1');
  t.is(line({ a: '\0\ud800x\udc00😀' }), 'a{a="\ufffd\ufffdx\ufffd😀"} 1');
  t.is(line({ le: '1', quantile: 'x' }), 'a{le="1",quantile="x"} 1');
});

test('an attribute le does not meet the le of the buckets', (t) => {
  const metric: Metric = { name: 'a', kind: 'histogram', bounds: [] };
  const lines = samples([
    of(metric, [
      [
        { le: '5', exported_le: 'x' },
        { counts: [1], sum: 1 },
      ],
    ]),
  ]);
  t.is(lines[0], 'a_bucket{exported_le="x;5",le="+Inf"} 1');
});
