import test from 'ava';
import { putTraffic } from '../../src/dashboard/traffic.ts';
import { Recorded } from './recorded.ts';
import { intervalOf, put } from './tracks.ts';

const tracksOf = (recorded: Recorded, happens: () => void) =>
  put((tracks, scratch) => putTraffic(tracks, intervalOf([recorded], happens), scratch));

test('requests are told by class of status, as rates', (t) => {
  const recorded = new Recorded().requests(1000, 0.001);
  const tracks = tracksOf(recorded, () => {
    recorded.requests(10, 0.01).requests(5, 0.01, { 'http.response.status_code': 301 });
    recorded
      .requests(4, 0.01, { 'http.response.status_code': 404 })
      .requests(1, 0.01, { 'http.response.status_code': 500, 'error.type': '500' });
    recorded.record('http.server.request.duration', { 'http.request.method': 'GET', 'error.type': 'aborted' }, 3);
    recorded.set('http.server.active_requests', 4, { 'http.request.method': 'GET' });
    recorded.set('http.server.active_requests', 3, { 'http.request.method': 'POST' });
  });
  const rates = ['1xx', '2xx', '3xx', '4xx', '5xx', 'aborted'].map((name) => tracks.get(`requests/${name}`));
  t.deepEqual(rates, [0, 2, 1, 0.8, 0.2, 0.2]);
  t.is(tracks.get('requests/inflight'), 7);
});

test('durations are those of the interval, whatever came before', (t) => {
  const recorded = new Recorded().requests(100_000, 5);
  const tracks = tracksOf(recorded, () => {
    recorded.requests(98, 0.01).requests(2, 1);
    recorded.record('loadline.http.queue.duration', {}, 0.2, 0.2, 0.2);
  });
  const near = (id: string, wanted: number) =>
    t.true(Math.abs(tracks.get(id)! / wanted - 1) < 0.022, `${id} ${tracks.get(id)}`);
  near('duration/p50', 0.01);
  near('duration/p90', 0.01);
  near('duration/p99', 1);
  near('queue/p50', 0.2);
  near('queue/p99', 0.2);
});

test('phases are means that stack to what a request takes', (t) => {
  const recorded = new Recorded();
  const tracks = tracksOf(recorded.requests(1, 1), () => {
    recorded.requests(10, 0.5);
    recorded.record('loadline.http.queue.duration', {}, ...Array(10).fill(0.1));
    recorded.record('loadline.http.phase.duration', { phase: 'receive', 'http.route': '/a' }, 1, 1);
    recorded.record('loadline.http.phase.duration', { phase: 'handle', 'http.route': '/a' }, ...Array(5).fill(0.2));
    recorded.record('loadline.http.phase.duration', { phase: 'handle', 'http.route': '/b' }, ...Array(5).fill(0.3));
  });
  const phases = ['queue', 'receive', 'handle', 'send'].map((phase) =>
    Number(tracks.get(`phase/${phase}`)!.toFixed(9)),
  );
  t.deepEqual(phases, [0.1, 0.2, 0.25, 0]);
});

test('without requests there are rates of 0 and no durations; without a server there is nothing', (t) => {
  const recorded = new Recorded().requests(5, 1);
  const tracks = tracksOf(recorded, () => {});
  t.is(tracks.get('requests/2xx'), 0);
  t.is(tracks.get('duration/p99'), null);
  t.is(tracks.get('queue/p99'), null);
  t.false(tracks.has('phase/handle'));
  const job = new Recorded().add('process.cpu.time', 1);
  t.is(tracksOf(job, () => {}).size, 0);
});
