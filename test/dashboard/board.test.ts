import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import test from 'ava';
import { Board } from '../../src/dashboard/board.ts';
import { BEGIN, Recorded, sight } from './recorded.ts';

const OPTIONS = { cores: 4, version: '9.9.9', node: 'v20', pid: 1, uptime: () => 77.7 };
const ACTIVE = { 'nodejs.eventloop.state': 'active' };
const IDLE = { 'nodejs.eventloop.state': 'idle' };
const LIMIT = { limit: 'heap' };

function beating(recorded: Recorded): Recorded {
  return recorded.set('loadline.eventloop.stall.age', 0).set('process.uptime', 50).set('process.memory.usage', 1e8);
}

/** Five seconds with the loop busy for that share of the time. */
function busy(recorded: Recorded, share: number): Recorded {
  return recorded.add('nodejs.eventloop.time', 5 * share, ACTIVE).add('nodejs.eventloop.time', 5 - 5 * share, IDLE);
}

/** A board that has seen `steps` times five seconds. */
function watched(processes: readonly Recorded[], steps: number, happens: (step: number) => void): Board {
  const board = new Board(OPTIONS);
  board.record(sight(0, processes), 1000);
  for (let step = 1; step <= steps; step++) {
    happens(step);
    board.record(sight(step * 5, processes), 1000 + step * 5000);
  }
  return board;
}

test('before the first interval everything is asked for and nothing is known', (t) => {
  const board = new Board(OPTIONS);
  const empty = sight(0, [new Recorded()]);
  t.deepEqual(board.history(5, undefined), { step: 5, times: [], tracks: {} });
  t.like(board.now(empty, []), {
    verdict: { state: 'unknown' },
    routes: [],
    traffic: { rate: 0, p50: null, inFlight: 0 },
  });
  t.is(board.record(empty, 1000), undefined);
  t.like(board.now(empty, []), {
    verdict: { state: 'unknown' },
    service: 'shop',
    host: 'here',
    uptime: 78,
    version: '9.9.9',
  });
});

test('a point has the tracks that the history has by default, and is in it', (t) => {
  const recorded = beating(new Recorded()).requests(1, 0.1);
  const board = new Board(OPTIONS);
  board.record(sight(0, [recorded]), 1000);
  busy(recorded, 0.2).requests(10, 0.1, { 'http.route': '/a' });
  const point = board.record(sight(5, [recorded]), 6010)!;
  t.is(point.time, BEGIN + 5000);
  t.deepEqual(
    [point.values['requests/2xx'], point.values['eventloop/utilization'], point.values['worker/main/utilization']],
    [2, 0.2, 0.2],
  );
  t.is(point.values['cpu/limit'], 4);
  const { times, tracks } = board.history(5, undefined);
  t.deepEqual(times, [BEGIN + 5000]);
  for (const [id, { values }] of Object.entries(tracks)) t.is(values[0], point.values[id]!, id);
  t.false(Object.keys(point.values).some((id) => /^(route|series)\//.test(id)));
});

test('tracks are had by name and by prefix, those of routes and series too', (t) => {
  const recorded = beating(new Recorded()).requests(1, 0.1).set('mine', 3, {}, { name: 'app' });
  const board = watched([recorded], 2, () => recorded.requests(10, 0.1, { 'http.route': '/a' }));
  const names = (...wanted: string[]) => Object.keys(board.history(5, wanted).tracks).sort();
  const [route] = board.now(sight(10, [recorded]), []).routes;
  t.deepEqual(
    names(`route/${route!.id}/*`),
    ['errors', 'p50', 'p90', 'p99', 'rate'].map((name) => `route/${route!.id}/${name}`),
  );
  const mine = board.series(sight(10, [recorded])).series.find(({ name }) => name === 'mine')!;
  t.deepEqual(board.history(5, [`series/${mine.id}/value`]).tracks, {
    [`series/${mine.id}/value`]: { values: [3, 3] },
  });
  t.deepEqual(names('requests/2xx', 'requests/5*', 'nothing'), ['requests/2xx', 'requests/5xx']);
  t.deepEqual(names(''), []);
  t.true(names('*').length > 20);
});

test('points that were missed are gaps, and rates are over the time that passed', (t) => {
  const recorded = beating(new Recorded()).requests(1, 0.1);
  const board = new Board(OPTIONS);
  board.record(sight(0, [recorded]), 1000);
  recorded.requests(10, 0.1);
  board.record(sight(5, [recorded]), 6000);
  recorded.requests(40, 0.1);
  board.record(sight(25, [recorded]), 26_000);
  const { times, tracks } = board.history(5, ['requests/2xx']);
  t.deepEqual(
    times.map((time) => time - BEGIN),
    [5000, 10_000, 15_000, 20_000, 25_000],
  );
  t.deepEqual(tracks['requests/2xx']!.values, [2, null, null, null, 2]);
});

test('vitals are of the last half minute: one burst is no verdict', (t) => {
  const recorded = beating(new Recorded());
  const of = (board: Board) => board.now(sight(60, [recorded]), []).vitals.find(({ id }) => id === 'eventloop')!;
  t.is(of(watched([recorded], 12, (step) => busy(recorded, step === 12 ? 1 : 0.1))).state, 'good');
  t.is(of(watched([recorded], 12, (step) => busy(recorded, step > 6 ? 0.95 : 0))).state, 'critical');
});

test('memory is told by the fullest heap: what survives collections, else what is used', (t) => {
  const recorded = beating(new Recorded()).set('loadline.memory.limit', 1000, LIMIT).set('v8js.memory.heap.used', 700);
  const share = () =>
    watched([recorded], 1, () => {})
      .now(sight(5, [recorded]), [])
      .vitals.find(({ id }) => id === 'memory')!.used;
  t.is(share(), 0.7);
  recorded.set('loadline.memory.live_heap', 300);
  t.is(share(), 0.3);
  const thread = { 'loadline.worker': '1' };
  recorded.set('loadline.memory.limit', 100, { ...LIMIT, ...thread }).set('loadline.memory.live_heap', 96, thread);
  t.is(share(), 0.96);
});

test('the backlog is that of the fullest queue, and workers that share one are not added up', (t) => {
  const both = [1, 2].map((slot) => beating(new Recorded({ slot })));
  for (const each of both) {
    each
      .set('loadline.listen.queue', 300, { 'server.port': 80 })
      .set('loadline.listen.limit', 511, { 'server.port': 80 });
    each
      .set('loadline.listen.queue', 1, { 'server.port': 81 })
      .set('loadline.listen.limit', 511, { 'server.port': 81 });
  }
  const board = watched(both, 1, () => {});
  t.is(board.now(sight(5, both), []).vitals.find(({ id }) => id === 'backlog')!.text, '300 of 511 connections');
  t.deepEqual(board.history(5, ['backlog/queue']).tracks['backlog/queue']!.values, [301]);
});

test('routes of a real mix get a cost and a nature within minutes', (t) => {
  const recorded = beating(new Recorded());
  const board = watched([recorded], 60, (step) => {
    const [heavy, light] = [10 + ((step * 7) % 23), 30 + ((step * 11) % 41)];
    recorded.requests(heavy, 0.05, { 'http.route': '/report' }).requests(light, 0.05, { 'http.route': '/wait' });
    busy(recorded, (heavy * 0.045 + light * 0.0005 + 0.02) / 5);
  });
  const { routes } = board.now(sight(300, [recorded]), []);
  const of = (route: string) => routes.find((each) => each.route === route)!;
  t.true(Math.abs(of('/report').cpu! - 0.045) < 0.002, String(of('/report').cpu));
  t.is(of('/report').nature, 'cpu');
  t.is(of('/wait').nature, 'waiting');
});

test('what holds is JSON, whatever names there are', (t) => {
  const recorded = beating(new Recorded()).requests(1, 0.1);
  const board = watched([recorded], 1, () => recorded.requests(1, 0.1, { 'http.route': '/</script>"\\\u2028' }));
  const now = board.now(sight(5, [recorded]), []);
  t.deepEqual(JSON.parse(JSON.stringify(now)), now);
});

test('an hour of 200 routes, 300 series and eight workers takes less than 40 MB', (t) => {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  const taken = () => {
    gc();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const workers = Array.from({ length: 8 }, (_, i) => beating(new Recorded({ slot: i + 1 })));
  const [first] = workers;
  for (let i = 0; i < 300; i++) first!.set('mine', i, { i }, { name: 'app' });
  const before = taken();
  const board = new Board(OPTIONS);
  // Memory is taken in pages of ten minutes: every fifth point fills them as all of them do.
  for (let step = 0; step <= 148; step++) {
    for (const each of workers) busy(each, 0.5);
    for (let i = 0; i < 200; i++) {
      first!.requests(1 + (i % 3), 0.001 * (1 + ((i * step) % 900)), { 'http.route': `/route/${i}` });
    }
    board.record(sight(step * 25, workers), 1000 + step * 25_000);
  }
  const held = taken() - before;
  t.true(board.tracks >= 200 * 5 + 300 + 8 * 4, `${board.tracks} tracks`);
  t.true(held < 30e6, `${held} bytes, of them ${board.bytes} for points`);
  t.is(board.history(5, undefined).times.length, 720);
  t.log(`${board.tracks} tracks take ${(held / 1e6).toFixed(1)} MB, their points ${(board.bytes / 1e6).toFixed(1)} MB`);
});
