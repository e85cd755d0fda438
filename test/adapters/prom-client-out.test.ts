import test from 'ava';
import { fromPromClient, toPromClient } from '../../adapters/prom-client.ts';
import { labelsIn } from '../../adapters/prom-client-out.ts';
import { render } from '../../src/exposition/text.ts';
import { Collector } from '../../src/sampler/collect.ts';
import type { Snapshot } from '../../src/snapshot/snapshot.ts';
import { parseExposition } from '../exposition/exposition.ts';
import { randomSnapshot, seededRandom } from '../exposition/random-snapshot.ts';
import { of, snapshotOf } from '../exposition/showing.ts';
import { CLIENTS, sampleLines } from './prom-clients.ts';

/** A backslash before an n is what prom-client 14 itself gets wrong. */
const NASTY = 'a"b\\c\\\n\u2028🚢';
const SNAPSHOT = snapshotOf([
  of({ name: 'shop.orders', kind: 'counter', help: 'Orders.' }, [[{ kind: NASTY }, 3]]),
  of({ name: 'shop.open', kind: 'updown' }, [[{}, -1]]),
  of({ name: 'shop.fill', kind: 'gauge', unit: '1' }, [[{}, 0.5]]),
  of({ name: 'shop.took', kind: 'histogram', unit: 's', bounds: [0.1, 1] }, [
    [{ op: 'x' }, { counts: [1, 2, 3], sum: 9.5 }],
  ]),
]);

function pageOf(snapshot: Snapshot): string[] {
  return sampleLines(render({ ...snapshot, resource: {} }, 'text').text);
}

for (const [name, client] of CLIENTS) {
  test(`${name}: the app’s page has the agent’s series and its own, also as JSON, until it is taken back`, async (t) => {
    const registry = new client.Registry();
    new client.Gauge({ name: 'own', help: 'o', registers: [registry] }).set(1);
    const before = await registry.metrics();
    let snapshot: Snapshot | undefined = SNAPSHOT;
    const stop = toPromClient(registry, async () => snapshot);
    t.deepEqual(sampleLines(await registry.metrics()), [...pageOf(SNAPSHOT), 'own{} 1'].sort());
    parseExposition((await registry.metrics()).replace(/\n\n/g, '\n'), 'text');
    t.is((await registry.getMetricsAsJSON()).length, 5);

    snapshot = snapshotOf([of({ name: 'new', kind: 'gauge' }, [[{}, 4]])]);
    t.deepEqual(sampleLines(await registry.metrics()), ['new{} 4', 'own{} 1']);
    snapshot = snapshotOf([of({ name: 'new', kind: 'updown' }, [[{}, 5]])]);
    registry.resetMetrics();
    t.true(sampleLines(await registry.metrics()).includes('new{} 5'));
    registry.clear();
    t.deepEqual(sampleLines(await registry.metrics()), ['new{} 5']);
    snapshot = undefined;
    t.deepEqual(sampleLines(await registry.metrics()), []);
    snapshot = SNAPSHOT;
    await registry.metrics();
    stop();
    t.deepEqual(sampleLines(await registry.metrics()), []);
    t.true(before.includes('own 1'));
    t.false(Object.hasOwn(registry, 'metrics'));
  });

  test(`${name}: names of the app stay the app’s`, async (t) => {
    const registry = new client.Registry();
    new client.Counter({ name: 'shop_orders_total', help: 'o', registers: [registry] }).inc(100);
    toPromClient(registry, async () => SNAPSHOT);
    const lines = sampleLines(await registry.metrics());
    t.deepEqual(
      lines.filter((line) => line.startsWith('shop_orders')),
      ['shop_orders_total{} 100'],
    );
    t.true(lines.includes('shop_open{} -1'));
  });

  test(`${name}: what came in by the registry does not go out into it, and the other way round, however often`, async (t) => {
    const registry = new client.Registry();
    const counter = new client.Counter({ name: 'own_total', help: 'o', registers: [registry] });
    counter.inc(2);
    const collector = new Collector({ samplers: new Set([fromPromClient(registry)]) });
    const take = async () => {
      const bridged = (await collector.collect()).filter(({ scope }) => scope.name !== 'loadline');
      return snapshotOf([...bridged, ...SNAPSHOT.metrics]);
    };
    toPromClient(registry, take);
    for (let round = 1; round <= 3; round++) {
      counter.inc();
      t.deepEqual(sampleLines(await registry.metrics()), [...pageOf(SNAPSHOT), `own_total{} ${2 + round}`].sort());
      const agent = await take();
      t.deepEqual(
        agent.metrics.map(({ metric }) => metric.name),
        ['own', 'shop.orders', 'shop.open', 'shop.fill', 'shop.took'],
      );
    }
  });

  test(`${name}: hostile snapshots come out as valid text with the agent’s own series`, async (t) => {
    for (let seed = 1; seed <= 10; seed++) {
      const snapshot = randomSnapshot(seededRandom(seed));
      const registry = new client.Registry();
      toPromClient(registry, async () => snapshot);
      t.deepEqual(sampleLines(await registry.metrics()).length, pageOf(snapshot).length, `seed ${seed}`);
    }
  });
}

for (const [name, client] of CLIENTS.slice(1)) {
  test(`${name}: an OpenMetrics registry has each counter once, as <name>_total, scrape after scrape`, async (t) => {
    const registry = new client.Registry<never>();
    registry.setContentType('application/openmetrics-text; version=1.0.0; charset=utf-8' as never);
    toPromClient(registry as never, async () => SNAPSHOT);
    for (let scrape = 0; scrape < 3; scrape++) {
      const text = await registry.metrics();
      t.is([...text.matchAll(/^shop_orders_total\{/gm)].length, 1, text);
      t.regex(text, /^# TYPE shop_orders counter$/m);
    }
  });
}

test('Label text is read back as it was', (t) => {
  t.deepEqual(labelsIn(String.raw`a="1",b="x\"y,c=\"\\\n"`), { a: '1', b: 'x"y,c="\\\n' });
  t.deepEqual(labelsIn(''), {});
});
