import { totalmem } from 'node:os';
import test from 'ava';
import { isContainer } from '../../src/host/container.ts';
import type { HostProbe } from '../../src/host/host-probe.ts';
import { httpInFlight } from '../../src/host/http.ts';
import { processProbe } from '../../src/host/process.ts';
import { series } from '../../src/host/series.ts';
import { HostProbes } from '../../src/reporter/host-probes.ts';
import type { Metric } from '../../src/snapshot/metric.ts';
import { HEADER } from '../../src/store/layout.ts';
import { StoreReader } from '../../src/store/reader.ts';
import { Slots } from '../../src/store/slots.ts';
import { StoreWriter } from '../../src/store/writer.ts';
import { COUNTER, readingOf, SCOPE } from '../store/metrics.ts';

const SETTINGS = { seriesLimit: 5, stallThreshold: 500, warn: () => {} };

function probing(...probes: HostProbe[]) {
  const warnings: string[] = [];
  const host = new HostProbes(probes, 77, (key, line) => warnings.push(`${key}: ${line}`));
  return { host, warnings };
}

test('CPU time, resident memory and uptime are those of the process, also while it computes', (t) => {
  const { host } = probing(processProbe());
  const before = host.metrics(0);
  for (const until = performance.now() + 300; performance.now() < until; );
  const after = host.metrics(0);
  const cpu = (metrics: typeof before) =>
    (readingOf(metrics, 'process.cpu.time', { 'cpu.mode': 'user' }) as number) +
    (readingOf(metrics, 'process.cpu.time', { 'cpu.mode': 'system' }) as number);
  t.true(cpu(after) - cpu(before) > 0.05, `${cpu(after) - cpu(before)} s`);
  const rss = readingOf(after, 'process.memory.usage') as number;
  t.true(Math.abs(rss / process.memoryUsage.rss() - 1) < 0.5 && rss < totalmem());
  const uptime = readingOf(after, 'process.uptime') as number;
  t.true(uptime > 0.3 && uptime <= process.uptime());
  t.true(after.every(({ points }) => points.every(({ startTime }) => startTime === 77)));
});

test('A probe that throws keeps what it put, is said once per call, and the others are asked on', (t) => {
  const metric: Metric = { name: 'one', kind: 'gauge' };
  const broken: HostProbe = {
    name: 'broken',
    metrics: [metric],
    read(put) {
      put(metric, 1);
      throw new Error('no /proc');
    },
    tick() {
      throw new Error('no tick');
    },
  };
  const { host, warnings } = probing(broken, processProbe());
  t.notThrows(() => host.tick(5));
  const metrics = host.metrics(5);
  t.is(readingOf(metrics, 'one'), 1);
  t.true((readingOf(metrics, 'process.uptime') as number) > 0);
  t.true(warnings.length === 2 && warnings.every((line) => line.startsWith('host:broken: ')), warnings.join());
});

test('Requests in flight show their integral and the age of the oldest, 0 when there is none', (t) => {
  const store = new StoreWriter();
  const slots = new Slots(store.buffer);
  const { host } = probing(httpInFlight(new StoreReader(store.buffer), SETTINGS));
  const read = (time: number) => {
    const metrics = host.metrics(time);
    return [readingOf(metrics, 'loadline.http.busy.time'), readingOf(metrics, 'loadline.http.oldest.age')];
  };
  t.deepEqual(read(10_000), [0, 0]);
  Object.assign(store.cells, { [HEADER.busyBegin]: 10_000, [HEADER.busyAt]: 10_000, [HEADER.busyNow]: 2 });
  const young = slots.take(11_000, 1, '/young');
  const old = slots.take(10_000, 1, '/old');
  t.deepEqual(read(13_000), [6, 3]);
  slots.release(old);
  t.deepEqual(read(13_000), [6, 2]);
  t.deepEqual(read(10_500), [6, 0]);
  slots.release(young);
  t.deepEqual(read(14_000), [8, 0]);
});

test('How full the map is, is read from the map', (t) => {
  const store = new StoreWriter({ seriesLimit: 5 });
  const { host } = probing(series(new StoreReader(store.buffer), SETTINGS));
  const counter = store.metric(COUNTER, SCOPE);
  for (let i = 0; i < 12; i++) counter.series({ i });
  const metrics = host.metrics(0);
  t.is(readingOf(metrics, 'loadline.series.used'), 4);
  t.is(readingOf(metrics, 'loadline.series.limit'), 5);
  t.is(readingOf(metrics, 'loadline.series.overflowed'), 8);
});

test('A pod of Kubernetes is a container, whatever the rest of the machine says', (t) => {
  t.true(isContainer({ KUBERNETES_SERVICE_HOST: '10.0.0.1' }));
  t.is(typeof isContainer({}), 'boolean');
});
