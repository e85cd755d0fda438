import test from 'ava';
import { type Load, routeCosts } from '../../src/dashboard/route-cost.ts';
import { random } from '../store/random.ts';

interface Kind {
  /** CPU seconds of one request, and seconds that it only waits. */
  readonly cpu: number;
  readonly waits: number;
  /** Requests in an interval, on average. */
  readonly rate: (interval: number) => number;
}

/** Ten minutes of a load whose costs are known, with arrivals as chance has them and costs that scatter by 30 %. */
function loads(kinds: Readonly<Record<string, Kind>>, count = 120, seed = 1, base = 0.02): Load[] {
  const next = random(seed);
  const poisson = (mean: number) => {
    if (mean > 50)
      return Math.max(0, Math.round(mean + Math.sqrt(mean) * (next() + next() + next() + next() - 2) * Math.sqrt(3)));
    let [k, p] = [0, next()];
    for (const end = Math.exp(-mean); p > end; k++) p *= next();
    return k;
  };
  return Array.from({ length: count }, (_, interval) => {
    let active = base * (0.8 + 0.4 * next());
    const routes = new Map<string, { count: number; sum: number }>();
    for (const [id, { cpu, waits, rate }] of Object.entries(kinds)) {
      const requests = poisson(rate(interval));
      if (requests === 0) continue;
      const spent = requests * cpu * (1 + ((next() - 0.5) * 0.6) / Math.sqrt(requests));
      active += spent;
      routes.set(id, { count: requests, sum: spent + requests * waits });
    }
    return { seconds: 5, active, utilization: active / 5, routes };
  });
}

const steady = (rate: number) => () => rate;

test('costs that are known are found: of a route that computes and of one that waits', (t) => {
  for (let seed = 1; seed <= 20; seed++) {
    const costs = routeCosts(
      loads(
        {
          heavy: { cpu: 0.03, waits: 0.002, rate: steady(40) },
          light: { cpu: 0.0003, waits: 0.05, rate: steady(200) },
        },
        120,
        seed,
      ),
    );
    t.true(Math.abs(costs.get('heavy')! - 0.03) < 0.003, `${seed}: ${costs.get('heavy')}`);
    t.true(costs.get('light')! < 0.002, `${seed}: ${costs.get('light')}`);
  }
});

test('costs are found among forty routes: of those that take most time, the others share one', (t) => {
  const kinds: Record<string, Kind> = {};
  for (let i = 0; i < 40; i++) kinds[`r${i}`] = { cpu: 0.001 * (1 + (i % 4)), waits: 0.01, rate: steady(60 - i) };
  const costs = routeCosts(loads(kinds));
  const known = [...costs].filter((entry): entry is [string, number] => entry[1] !== null);
  t.is(costs.size, 40);
  t.true(known.length >= 10 && known.length <= 20, `${known.length} are known`);
  for (const [id, cost] of known)
    t.true(Math.abs(cost - kinds[id]!.cpu) < 0.006, `${id}: ${cost} is ${kinds[id]!.cpu}`);
});

test('routes that always come together cannot be told apart, a third one can', (t) => {
  const next = random(3);
  const both = Array.from({ length: 120 }, () => Math.floor(next() * 100));
  const alone = Array.from({ length: 120 }, () => Math.floor(next() * 100));
  const found = routeCosts(
    both.map((count, i) => ({
      ...{ seconds: 5, utilization: 0.5 },
      active: count * 0.01 + count * 0.001 + alone[i]! * 0.02,
      routes: new Map([
        ['page', { count, sum: count * 0.02 }],
        ['its data', { count, sum: count * 0.02 }],
        ['alone', { count: alone[i]!, sum: alone[i]! * 0.03 }],
      ]),
    })),
  );
  t.is(found.get('page'), null);
  t.is(found.get('its data'), null);
  t.true(Math.abs(found.get('alone')! - 0.02) < 0.0005, String(found.get('alone')));
});

test('a route whose requests never become more or fewer is not told from what the loop does anyway', (t) => {
  const load: Load = { seconds: 5, active: 1, utilization: 0.2, routes: new Map([['a', { count: 50, sum: 2 }]]) };
  t.is(routeCosts(Array.from({ length: 120 }, () => load)).get('a'), null);
});

test('work that no request asked for is held against no route', (t) => {
  const costs = routeCosts(loads({ a: { cpu: 0.001, waits: 0.02, rate: steady(100) } }, 120, 1, 2));
  const cost = costs.get('a');
  t.true(cost === null || cost! < 0.006, String(cost));
});

test('a loop that is busy with something else in between makes an estimate uncertain, not wrong', (t) => {
  const next = random(11);
  const noisy = loads({ a: { cpu: 0.0005, waits: 0.001, rate: steady(20) } }).map((load) => ({
    ...load,
    active: load.active + (next() < 0.3 ? 3 * next() : 0),
  }));
  t.is(routeCosts(noisy).get('a'), null);
});

test('there is no estimate from nothing, from too little, or from nonsense', (t) => {
  t.is(routeCosts([]).size, 0);
  const few = loads({ a: { cpu: 0.01, waits: 0, rate: steady(20) } }, 23);
  t.is(routeCosts(few).get('a'), null);
  t.is(
    routeCosts(Array.from({ length: 50 }, () => ({ seconds: 5, active: 0, utilization: 0, routes: new Map() }))).size,
    0,
  );
  const idle = loads({ a: { cpu: 0, waits: 0.1, rate: steady(20) } }, 120, 1, 0);
  t.true(Math.abs(routeCosts(idle).get('a') ?? 0) < 1e-9);
});

test('a loop that is full tells nothing of what its requests cost: no route is taken for one that waits', (t) => {
  const full = loads({ a: { cpu: 0.05, waits: 1, rate: steady(100) } }).map((load) => ({
    ...load,
    active: 5,
    utilization: 1,
  }));
  t.is(routeCosts(full).get('a'), null);
  const before = loads({ a: { cpu: 0.05, waits: 0.01, rate: steady(40) } }, 60);
  t.true(Math.abs(routeCosts([...before, ...full.slice(0, 60)]).get('a')! - 0.05) < 0.005);
});

test('a few intervals in which something else held the loop change nothing', (t) => {
  const disturbed = loads({ a: { cpu: 0.02, waits: 0.002, rate: steady(20) } }).map((load, i) =>
    i % 17 === 0 ? { ...load, active: load.active + 1.5 } : load,
  );
  const cost = routeCosts(disturbed).get('a')!;
  t.true(Math.abs(cost - 0.02) < 0.002, String(cost));
});
