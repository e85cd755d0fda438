import test from 'ava';
import { between, quantile, type Scrape } from '../../examples/demo/interval.ts';
import { parseSamples } from '../../examples/demo/scrape.ts';

const at = (time: number, text: string): Scrape => ({ time, samples: parseSamples(text) });

/** Requests of one route: `counts` are cumulative for le 0.1, 1 and +Inf. */
const requests = (route: string, counts: [number, number, number], sum: number, status = '200', method = 'GET') => {
  const labels = `http_request_method="${method}",http_route="${route}",http_response_status_code="${status}"`;
  const name = 'http_server_request_duration_seconds';
  const [first, second, all] = counts;
  return [
    `${name}_bucket{${labels},le="0.1"} ${first}`,
    `${name}_bucket{${labels},le="1"} ${second}`,
    `${name}_bucket{${labels},le="+Inf"} ${all}`,
    `${name}_sum{${labels}} ${sum}`,
    `${name}_count{${labels}} ${all}\n`,
  ].join('\n');
};

test('routes come from differences, the busiest first, statuses added up, errors from 500 on', (t) => {
  const from = at(10, requests('/a', [5, 5, 5], 0.1) + requests('/b', [1, 1, 1], 1));
  const to = at(
    14,
    requests('/a', [7, 8, 9], 2.1) +
      requests('/b', [1, 1, 1], 1) +
      requests('/c', [0, 10, 10], 5, '404') +
      requests('/a', [1, 1, 1], 0.05, '503') +
      requests('/a', [2, 2, 2], 0.05, '200', 'POST'),
  );
  const interval = between(from, to);
  t.is(interval.seconds, 4);
  t.is(interval.requests, 17);
  t.deepEqual(
    interval.routes.map(({ route, requests: count, errors }) => [route, count, errors]),
    [
      ['GET /c', 10, 0],
      ['GET /a', 5, 1],
      ['POST /a', 2, 0],
    ],
  );
  t.deepEqual(interval.routes[1]?.buckets, { bounds: [0.1, 1, Infinity], counts: [3, 4, 5] });
  t.true(Math.abs(interval.routes[1]!.time - 2.05) < 1e-9);
});

test('requests without a route or status are one line of their own', (t) => {
  const name = 'http_server_request_duration_seconds_count';
  const interval = between(
    at(0, ''),
    at(1, `${name}{http_request_method="GET"} 2\n${name}{http_request_method="GET",x="1"} 1`),
  );
  t.deepEqual(
    interval.routes.map((line) => [line.route, line.requests, line.errors]),
    [['GET (no route)', 3, 0]],
  );
});

test('a counter that fell was reset and counts from zero', (t) => {
  const interval = between(at(0, requests('/a', [90, 90, 90], 9)), at(1, requests('/a', [2, 3, 4], 1)));
  t.is(interval.requests, 4);
  t.deepEqual(interval.routes[0]?.buckets.counts, [2, 3, 4]);
});

test('the order of labels does not make another series', (t) => {
  const name = 'nodejs_eventloop_time_seconds_total';
  const from = at(0, `${name}{a="1",nodejs_eventloop_state="active"} 5`);
  const to = at(1, `${name}{nodejs_eventloop_state="active",a="1"} 5.5`);
  t.is(between(from, to).active, 0.5);
});

test('the process: loop, CPU and queue as differences, in flight and memory as they are', (t) => {
  const scrape = (time: number, growth: number) =>
    at(
      time,
      `nodejs_eventloop_time_seconds_total{nodejs_eventloop_state="active"} ${1 + growth}
      nodejs_eventloop_time_seconds_total{nodejs_eventloop_state="idle"} ${2 + 3 * growth}
      process_cpu_time_seconds_total{cpu_mode="user"} ${growth}
      process_cpu_time_seconds_total{cpu_mode="system"} ${growth}
      loadline_http_queue_duration_seconds_bucket{le="0.5"} ${growth}
      loadline_http_queue_duration_seconds_bucket{le="+Inf"} ${growth}
      http_server_active_requests{http_request_method="GET"} 3
      http_server_active_requests{http_request_method="POST"} 2
      process_memory_usage_bytes 5e7`,
    );
  const interval = between(scrape(0, 0), scrape(2, 4));
  t.is(interval.active, 4);
  t.is(interval.idle, 12);
  t.is(interval.cpu, 8);
  t.deepEqual(interval.queue, { bounds: [0.5, Infinity], counts: [4, 4] });
  t.is(interval.inFlight, 5);
  t.is(interval.rss, 5e7);
});

test('an empty scrape shows nothing instead of zeros where nothing is known', (t) => {
  const interval = between(at(0, ''), at(1, ''));
  t.is(interval.requests, 0);
  t.deepEqual(interval.routes, []);
  t.is(interval.inFlight, Number.NaN);
  t.is(interval.rss, Number.NaN);
  t.is(quantile(0.99, interval.queue), Number.NaN);
});

test('quantiles are interpolated within their bucket', (t) => {
  const buckets = { bounds: [1, 2, 4, Infinity], counts: [10, 20, 40, 40] };
  t.is(quantile(0.125, buckets), 0.5);
  t.is(quantile(0.25, buckets), 1);
  t.is(quantile(0.5, buckets), 2);
  t.is(quantile(0.75, buckets), 3);
  t.is(quantile(1, buckets), 4);
});

test('a quantile above the highest bound is that bound', (t) => {
  t.is(quantile(0.99, { bounds: [1, 2, Infinity], counts: [0, 0, 5] }), 2);
  t.is(quantile(0.5, { bounds: [Infinity], counts: [5] }), Number.NaN);
});

test('quantiles skip empty buckets and empty histograms have none', (t) => {
  t.is(quantile(0.5, { bounds: [1, 2, 3, Infinity], counts: [0, 0, 2, 2] }), 2.5);
  t.is(quantile(0.5, { bounds: [1, Infinity], counts: [0, 0] }), Number.NaN);
  t.is(quantile(0.5, { bounds: [], counts: [] }), Number.NaN);
});
