import test from 'ava';
import createPrometheus from '../../adapters/prometheus.ts';
import { type Backend, checkAdapter } from '../../src/conformance.ts';
import { familyName, labelName } from '../../src/exposition/names.ts';
import { pointsOfPage } from '../exposition/points.ts';

const scraper: Backend = {
  options: {},
  received: async (served) => pointsOfPage(await (await fetch(`${served}/metrics`)).text()),
  close: async () => undefined,
};

test('the Prometheus adapter passes the conformance suite', async (t) => {
  const findings = await checkAdapter({
    factory: createPrometheus,
    start: async () => scraper,
    carries: { kinds: true, text: true, nonFinite: true },
    nameOf: (metric) => familyName(metric).name + (metric.kind === 'counter' ? '_total' : ''),
    keyOf: labelName,
  });
  t.deepEqual(findings, []);
});
