import test from 'ava';
import { fromPromClient } from '../../adapters/prom-client.ts';
import { render } from '../../src/exposition/text.ts';
import { Collector } from '../../src/sampler/collect.ts';
import type { Sampler } from '../../src/sampler/sampler.ts';
import type { MetricSnapshot } from '../../src/snapshot/snapshot.ts';
import { snapshotOf } from '../exposition/showing.ts';
import { CLIENTS, sampleLines } from './prom-clients.ts';

function collectorOf(sampler: Sampler) {
  const lines: string[] = [];
  const collector = new Collector({ samplers: new Set([sampler]), warn: (_code, line) => lines.push(line) });
  const collect = async () => {
    const all = await collector.collect();
    return all.filter(({ scope }) => scope.name === 'loadline.bridge.prom-client');
  };
  return { collect, lines };
}

function valuesOf(metrics: readonly MetricSnapshot[]): Record<string, unknown> {
  return Object.fromEntries(metrics.map(({ metric, points }) => [metric.name, points[0]!.value]));
}

for (const [name, client] of CLIENTS) {
  test(`${name}: the same series with the same numbers as the registry’s own page`, async (t) => {
    const registry = new client.Registry();
    const registers = [registry];
    registry.setDefaultLabels({ app: 'shop', code: 'default' });
    const counter = new client.Counter({
      name: 'http_requests_total',
      help: 'R.',
      labelNames: ['code', 'path'],
      registers,
    });
    counter.inc({ code: '200', path: '/a "b"\\\n' }, 3);
    counter.inc({ path: 'größe 🚢' });
    new client.Gauge({ name: 'queue_depth', help: 'Q.', registers }).set(-2.5);
    const histogram = new client.Histogram({
      name: 'took_seconds',
      help: 'T.',
      labelNames: ['op'],
      buckets: [0.1, 1, 10],
      registers,
    });
    for (const value of [0.05, 0.1, 5, 50]) histogram.observe({ op: 'read' }, value);
    histogram.observe({ op: 'write' }, 1);
    const summary = new client.Summary({ name: 'size_bytes', help: 'S.', percentiles: [0.5, 0.9], registers });
    for (const value of [1, 2, 3, 4]) summary.observe(value);

    const { collect, lines } = collectorOf(fromPromClient(registry));
    const { text, omissions } = render(snapshotOf(await collect()), 'text');
    t.deepEqual(sampleLines(text), sampleLines(await registry.metrics()));
    t.deepEqual([omissions, lines], [[], []]);
  });

  test(`${name}: default metrics arrive, under the names they have`, async (t) => {
    const registry = new client.Registry();
    client.collectDefaultMetrics({ register: registry });
    const { collect, lines } = collectorOf(fromPromClient(registry));
    const { text, omissions } = render(snapshotOf(await collect()), 'text');
    const names = (page: string) => new Set(sampleLines(page).map((line) => line.split('{')[0]));
    const own = names((await registry.metrics()).replace(/^.* Nan$/gim, ''));
    t.deepEqual([...names(text)].sort(), [...own].sort());
    t.deepEqual([omissions, lines], [[], []]);
  });

  test(`${name}: a collect() that throws, rejects or hangs costs only its own metric, and one that recovers returns`, async (t) => {
    const registry = new client.Registry();
    const registers = [registry];
    const gauge = (name: string, collect?: () => void | Promise<void>) =>
      new client.Gauge({ name, help: name, registers, ...(collect && { collect }) });
    gauge('good_before').set(1);
    let broken = true;
    const recovering = gauge('throws', () => {
      if (broken) throw new Error('boom');
      recovering.set(7);
    });
    gauge('rejects', () => Promise.reject(new Error('later')));
    gauge('hangs', () => new Promise(() => undefined));
    gauge('good_after').set(2);
    const { collect, lines } = collectorOf(fromPromClient(registry));
    t.deepEqual(valuesOf(await collect()), { good_before: 1, good_after: 2 });
    broken = false;
    t.deepEqual(valuesOf(await collect()), { good_before: 1, good_after: 2, throws: 7 });
    t.deepEqual(lines, [], 'the collector itself has nothing to complain of');
  });

  test(`${name}: a slow collect() comes a round late`, async (t) => {
    const registry = new client.Registry();
    const slow: { set(value: number): void } = new client.Gauge({
      name: 'slow',
      help: 's',
      registers: [registry],
      collect: () => new Promise<void>((resolve) => setTimeout(() => resolve(slow.set(5)), 400)),
    });
    const { collect } = collectorOf(fromPromClient(registry));
    t.deepEqual(valuesOf(await collect()), {});
    await new Promise((resolve) => setTimeout(resolve, 500));
    t.deepEqual(valuesOf(await collect()), { slow: 5 });
  });

  test(`${name}: hostile labels and values do no harm, NaN is left out, a reset starts anew`, async (t) => {
    const registry = new client.Registry();
    const registers = [registry];
    const gauge = new client.Gauge({
      name: 'g',
      help: 'h',
      labelNames: ['__proto__', 'toString', 'v'] as string[],
      registers,
    });
    gauge.set({ v: 'fine' }, 1);
    gauge.set({ v: 'nan' }, Number.NaN);
    gauge.set({ v: 1 as never, toString: undefined as never }, 2);
    const counter = new client.Counter({ name: 'c_total', help: 'h', registers });
    counter.inc(5);
    const evil = new client.Gauge({ name: 'evil', help: 'h', labelNames: ['v'], registers });
    evil.set({ v: 'x' }, 1);
    const answer = evil.get.bind(evil);
    evil.get = async () => {
      const data = await answer();
      return { ...data, values: [{ value: 1, labels: { v: Object.create(null) } }] } as never;
    };
    const { collect } = collectorOf(fromPromClient(registry));
    const first = await collect();
    t.is(first.find(({ metric }) => metric.name === 'g')!.points.length, 2);
    t.false(first.some(({ metric }) => metric.name === 'evil'));
    t.is(({} as { v?: unknown }).v, undefined);
    registry.resetMetrics();
    counter.inc(2);
    t.is(valuesOf(await collect()).c, 2);
  });
}
