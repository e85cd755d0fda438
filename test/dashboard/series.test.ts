import test from 'ava';
import { Distribution } from '../../src/dashboard/distribution.ts';
import { KEPT_SERIES, LISTED_SERIES, Series } from '../../src/dashboard/series.ts';
import { Recorded, sight } from './recorded.ts';
import { intervalOf, put } from './tracks.ts';

const APP = { name: 'app' };

test('a counter is its rate, a gauge its value, a histogram the rate of its count and quantiles', (t) => {
  const recorded = new Recorded().add('orders.count', 100, {}, APP).set('queue.depth', 7, {}, APP);
  recorded.record('http.server.request.duration', {}, 0.1);
  const interval = intervalOf([recorded], () => {
    recorded.add('orders.count', 10, {}, APP).set('queue.depth', 9, {}, APP);
    recorded.record('http.server.request.duration', {}, 0.2, 0.2, 0.2, 0.2, 0.2);
  });
  const series = new Series();
  const tracks = put((all, scratch) => series.record(all, interval, 1, scratch));
  const { series: rows, leftOut } = series.list(sight(105, [recorded]));
  t.is(leftOut, 0);
  const of = (name: string) => rows.find((row) => row.name === name)!;
  t.is(tracks.get(`series/${of('orders.count').id}/value`), 2);
  t.is(tracks.get(`series/${of('queue.depth').id}/value`), 9);
  const { id } = of('http.server.request.duration');
  t.is(tracks.get(`series/${id}/value`), 1);
  t.true(Math.abs(tracks.get(`series/${id}/p99`)! / 0.2 - 1) < 0.022);
  t.is(of('orders.count').value, 110);
  t.true(Math.abs(of('http.server.request.duration').value! - 1.1 / 6) < 1e-9);
  t.true(rows.every(({ isKept }) => isKept));
});

test('the app’s own come first, as they were described', (t) => {
  const recorded = new Recorded().set('process.uptime', 5).requests(1, 0.1);
  recorded.sampled = [
    {
      metric: { name: 'pool.size', kind: 'gauge', unit: '{connection}', help: 'Open <b>connections</b>.' },
      scope: { name: 'pg', version: '1' },
      points: [{ attributes: { 'db.name': '"><script>', shard: 3, isPrimary: true }, startTime: 0, value: 4 }],
    },
  ];
  const [first] = new Series().list(sight(5, [recorded])).series;
  t.deepEqual(first, {
    ...{ id: 's1', scope: 'pg', name: 'pool.size', kind: 'gauge', unit: '{connection}' },
    ...{ description: 'Open <b>connections</b>.', attributes: { 'db.name': '"><script>', shard: 3, isPrimary: true } },
    ...{ value: 4, isKept: false },
  });
});

test('gauges of one name in two scopes are two series; a sum stays one whoever has it', (t) => {
  const recorded = new Recorded();
  const said = (scope: string, kind: 'gauge' | 'counter') => ({
    metric: { name: `${kind}.x`, kind },
    scope: { name: scope },
    points: [{ attributes: {}, startTime: 0, value: 1 }],
  });
  recorded.sampled = [said('a', 'gauge'), said('b', 'gauge'), said('a', 'counter')];
  const series = new Series();
  const before = series.list(sight(5, [recorded])).series;
  t.is(new Set(before.map(({ id }) => id)).size, 3);
  recorded.sampled = [said('b', 'gauge'), said('b', 'counter')];
  const ids = series.list(sight(10, [recorded])).series.map(({ id }) => id);
  t.deepEqual(ids, [before[1]!.id, before[2]!.id]);
});

test('only so many have tracks, and the app’s own drive out those of Node.js', (t) => {
  const recorded = new Recorded();
  for (let i = 0; i < KEPT_SERIES + 40; i++) recorded.set('v8js.x', i, { i });
  const series = new Series();
  const fill = (point: number) =>
    put((tracks) =>
      series.record(
        tracks,
        intervalOf([recorded], () => {}),
        point,
        new Distribution(),
      ),
    );
  t.is(fill(1).size, KEPT_SERIES);
  for (let i = 0; i < 10; i++) recorded.set('mine', i, { i }, APP);
  t.is(fill(2).size, KEPT_SERIES);
  const kept = series.list(sight(5, [recorded])).series.filter(({ isKept }) => isKept);
  t.is(kept.length, KEPT_SERIES);
  t.is(kept.filter(({ name }) => name === 'mine').length, 10);
  const ids = new Set([...fill(3).keys()].map((id) => id.split('/')[1]));
  t.deepEqual(
    kept.filter(({ id }) => !ids.has(id)),
    [],
    'those that are kept stay the same',
  );
});

test('at most so many are listed, and it is said how many are not', (t) => {
  const recorded = new Recorded();
  recorded.sampled = [
    {
      metric: { name: 'many', kind: 'gauge' },
      scope: { name: 'x' },
      points: Array.from({ length: LISTED_SERIES + 5 }, (_, i) => ({ attributes: { i }, startTime: 0, value: i })),
    },
  ];
  const { series, leftOut } = new Series().list(sight(5, [recorded]));
  t.deepEqual([series.length, leftOut], [LISTED_SERIES, 5]);
});
