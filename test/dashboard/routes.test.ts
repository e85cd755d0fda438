import test from 'ava';
import { Distribution } from '../../src/dashboard/distribution.ts';
import { Intervals } from '../../src/dashboard/interval.ts';
import { type Costs, KEPT_ROUTES, LISTED_ROUTES, Routes } from '../../src/dashboard/routes.ts';
import { Recorded, sight } from './recorded.ts';
import type { Tracks } from './tracks.ts';

/** A table that sees one process every five seconds. */
class Watched {
  readonly recorded = new Recorded({ pid: 1 });
  readonly routes = new Routes();
  readonly #intervals = new Intervals();
  readonly #scratch = new Distribution();
  #point = 0;

  constructor(before: (recorded: Recorded) => void = () => {}) {
    before(this.recorded);
    this.#intervals.next(sight(0, [this.recorded]));
  }

  /** Five seconds in which that happens. */
  step(happens: (recorded: Recorded) => void = () => {}): Tracks {
    happens(this.recorded);
    const tracks: Tracks = new Map();
    const interval = this.#intervals.next(sight(++this.#point * 5, [this.recorded]))!;
    this.routes.record(tracks, interval, this.#point, this.#scratch);
    return tracks;
  }

  rows(costs: Costs = new Map()) {
    return this.routes.rows(costs, this.#scratch);
  }

  row(route: string | null, method = 'GET', costs?: Costs) {
    return this.rows(costs).rows.find((each) => each.route === route && each.method === method);
  }
}

const at = (route: string, more = {}) => ({ 'http.route': route, ...more });

test('a route is told by method and pattern, over the trailing minute, busiest first', (t) => {
  const watched = new Watched((recorded) => recorded.requests(1000, 9, at('/a')));
  watched.step((recorded) => {
    recorded
      .requests(30, 0.01, at('/a'))
      .requests(60, 0.1, at('/b'))
      .requests(10, 0.2, at('/b', { 'http.request.method': 'POST' }));
    recorded.requests(5, 0.1, at('/b', { 'http.response.status_code': 503, 'error.type': '503' }));
    recorded.record(
      'http.server.request.duration',
      { 'http.request.method': 'GET', 'http.route': '/b', 'error.type': 'aborted' },
      1,
    );
    recorded.requests(4, 0.01);
  });
  const { rows, leftOut } = watched.rows();
  t.is(leftOut, 0);
  t.deepEqual(
    rows.map(({ method, route, requests, rate, errors, aborted }) => [method, route, requests, rate, errors, aborted]),
    [
      ['GET', '/b', 66, 13.2, 1, 0.2],
      ['GET', '/a', 1030, 6, 0, 0],
      ['POST', '/b', 10, 2, 0, 0],
      ['GET', null, 4, 0.8, 0, 0],
    ],
  );
  t.is(
    rows.reduce((sum, { share }) => sum + share, 0),
    1,
  );
  t.true(Math.abs(rows[1]!.p99! / 0.01 - 1) < 0.022);
  t.is(new Set(rows.map(({ id }) => id)).size, 4);
});

test('after a minute what was before is over, and the route still listed', (t) => {
  const watched = new Watched();
  watched.step((recorded) => recorded.requests(120, 0.01, at('/a')));
  t.is(watched.row('/a')!.rate, 24);
  for (let i = 0; i < 11; i++) watched.step();
  t.is(watched.row('/a')!.rate, 2);
  watched.step();
  const { rate, p50, share, requests, nature } = watched.row('/a')!;
  t.deepEqual([rate, p50, share, requests, nature], [0, null, 0, 120, null]);
});

test('an id stays the same, whatever comes between', (t) => {
  const watched = new Watched();
  watched.step((recorded) => recorded.requests(1, 0.01, at('/a')));
  const { id } = watched.row('/a')!;
  watched.step((recorded) => recorded.requests(1, 0.01, at('/0')).requests(1, 0.01, at('/b')));
  t.is(watched.row('/a')!.id, id);
});

test('tracks tell each interval: durations where there were requests, rates always', (t) => {
  const watched = new Watched();
  let tracks = watched.step((recorded) => recorded.requests(10, 0.5, at('/a')));
  const { id } = watched.row('/a')!;
  t.is(tracks.get(`route/${id}/rate`), 2);
  t.true(Math.abs(tracks.get(`route/${id}/p99`)! / 0.5 - 1) < 0.022);
  tracks = watched.step();
  t.deepEqual(
    [...tracks],
    [
      [`route/${id}/rate`, 0],
      [`route/${id}/errors`, 0],
    ],
  );
});

test('what a request costs makes its nature: computing for over half of its time, or waiting', (t) => {
  const watched = new Watched();
  watched.step((recorded) =>
    recorded.requests(10, 0.1, at('/cpu')).requests(10, 0.1, at('/io')).requests(1, 0.1, at('/new')),
  );
  const [cpu, io] = [watched.row('/cpu')!.id, watched.row('/io')!.id];
  const costs = new Map([
    [cpu, 0.08],
    [io, 0.002],
  ]);
  t.deepEqual([watched.row('/cpu', 'GET', costs)!.nature, watched.row('/cpu', 'GET', costs)!.cpu], ['cpu', 0.08]);
  t.is(watched.row('/io', 'GET', costs)!.nature, 'waiting');
  t.deepEqual([watched.row('/new', 'GET', costs)!.nature, watched.row('/new', 'GET', costs)!.cpu], [null, null]);
});

test('only so many routes have tracks; a new one takes the place of one that was quiet for long', (t) => {
  const watched = new Watched();
  const many = (from: number, to: number) => (recorded: Recorded) => {
    for (let i = from; i < to; i++) recorded.requests(1, 0.01, at(`/${i}`));
  };
  const rates = (tracks: Tracks) => [...tracks.keys()].filter((id) => id.endsWith('/rate')).length;
  t.is(rates(watched.step(many(0, KEPT_ROUTES + 50))), KEPT_ROUTES);
  for (let i = 0; i < 125; i++) watched.step(many(1, 50));
  const tracks = watched.step(many(900, 901));
  t.is(rates(tracks), KEPT_ROUTES);
  t.is(tracks.get(`route/${watched.row('/900')!.id}/rate`), 0.2);
  t.true(watched.routes.isKept(watched.row('/5')!.id), 'one that is busy keeps its tracks');
});

test('at most so many routes are listed, and it is said how many are not', (t) => {
  const watched = new Watched();
  watched.step((recorded) => {
    for (let i = 0; i < LISTED_ROUTES + 7; i++) recorded.requests(1 + (i % 3), 0.01, at(`/${i}`));
  });
  const { rows, leftOut } = watched.rows();
  t.deepEqual([rows.length, leftOut], [LISTED_ROUTES, 7]);
  t.true(rows[0]!.rate > rows.at(-1)!.rate);
});

test('what went over the limit of series is one route that no pattern looks like', (t) => {
  const watched = new Watched();
  watched.step((recorded) => recorded.record('http.server.request.duration', { 'otel.metric.overflow': true }, 0.1));
  t.deepEqual(
    watched.rows().rows.map(({ method, route }) => [method, route]),
    [['*', '(over the limit of series)']],
  );
});
