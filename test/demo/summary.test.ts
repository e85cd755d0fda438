import test from 'ava';
import { burner } from '../../examples/demo/attribution.ts';
import type { Interval } from '../../examples/demo/interval.ts';
import { summary } from '../../examples/demo/summary.ts';

const line = (route: string, requests: number, time = requests) => ({
  route,
  requests,
  errors: 0,
  time,
  buckets: { bounds: [0.1, Infinity], counts: [requests, requests] },
});

/** An interval of 1 s in which each request of a route cost this much of the loop. */
const interval = (requests: Record<string, number>, costs: Record<string, number>, noise = 0): Interval => {
  const active = Object.entries(requests).reduce((sum, [route, count]) => sum + count * costs[route]!, noise);
  return {
    seconds: 1,
    requests: Object.values(requests).reduce((sum, count) => sum + count, 0),
    routes: Object.entries(requests)
      .filter(([, count]) => count > 0)
      .map(([route, count]) => line(route, count)),
    queue: { bounds: [0.01, 0.1, Infinity], counts: [90, 100, 100] },
    active,
    idle: 1 - active,
    cpu: active,
    inFlight: 0,
    rss: 1e8,
  };
};

const COUNTS = [3, 9, 5, 7, 1, 8, 4, 6, 2, 10, 5, 3];
const OTHERS = [20, 18, 25, 21, 23, 19, 22, 20, 24, 18, 21, 20];
const run = (costs: { heavy: number; light: number }) =>
  COUNTS.map((heavy, index) => interval({ heavy, light: OTHERS[index]! }, costs, 0.002 * (index % 3)));

test('the route that the loop time follows is found, with its cost', (t) => {
  const found = burner(run({ heavy: 0.03, light: 0.001 }));
  t.is(found?.route, 'heavy');
  t.true(Math.abs(found!.cost - 0.03) < 0.003, String(found?.cost));
  t.true(found!.share > 0.7 && found!.share <= 1);
});

test('a slow route that only waits is not blamed', (t) => {
  t.is(burner(run({ heavy: 0, light: 0.02 }))?.route, 'light');
});

test('nobody is blamed when routes cost alike, when little was seen, or when nothing ran', (t) => {
  t.is(burner(run({ heavy: 0.02, light: 0.005 })), undefined);
  t.is(burner(run({ heavy: 0.03, light: 0.001 }).slice(0, 9)), undefined);
  t.is(burner([]), undefined);
  t.is(burner(COUNTS.map(() => interval({}, {}))), undefined);
});

const TALLY = { sent: 12, ok: 5, refused: 4, failed: 2, aborted: 1, broken: 0 };

test('a summary has a table, the process, and what they say', (t) => {
  const intervals = run({ heavy: 0.03, light: 0.001 });
  const whole = { ...intervals[0]!, seconds: 12, active: 3, idle: 9 };
  const text = summary({ tally: TALLY, seconds: 10, whole, intervals }).join('\n');
  t.regex(text, /^summary of 12\.0 s\nroute {2}/);
  t.regex(text, /\nprocess: .* loop 25 %/);
  t.regex(text, /busy 25 % of the time; about \d+ % of that rises and falls with heavy \(about \d+ ms each\)\./);
  t.regex(text, /a request waited 5\.6 ms \(p50\), 91 ms \(p99\)\./);
  t.regex(text, /On average 1\.9 requests were in flight, 87 % of that time in light\./);
  t.regex(text, /sent 12 requests \(1\.2\/s\): 5 ok, 4 refused \(4xx\), 2 failed \(5xx\), 1 given up, 0 broken\./);
});

test('a run without numbers is said in a few lines, without NaN', (t) => {
  const nothing: Interval = {
    ...interval({}, {}),
    queue: { bounds: [], counts: [] },
    idle: 0,
    inFlight: NaN,
    rss: NaN,
  };
  const lines = summary({ tally: { ...TALLY, sent: 0 }, seconds: 0, whole: nothing, intervals: [] });
  t.false(lines.join('\n').includes('NaN'));
  t.is(lines.length, 4);
});
