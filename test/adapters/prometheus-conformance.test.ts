import test from 'ava';
import createPrometheus from '../../adapters/prometheus.ts';
import { type Backend, checkAdapter, type Received } from '../../src/conformance.ts';
import { familyName, labelName } from '../../src/exposition/names.ts';
import { type ExpositionFamily, parseExposition, type Sample } from '../exposition/exposition.ts';

const KINDS: Record<string, Received['kind']> = { counter: 'counter', gauge: 'gauge', histogram: 'histogram' };

function pointsOf({ name, type, samples }: ExpositionFamily): Received[] {
  const point = (sample: Sample, value: Received['value']): Received => {
    return { name, attributes: Object.fromEntries(sample.labels), kind: KINDS[type], value };
  };
  if (type !== 'histogram') return samples.map((sample) => point(sample, sample.value));
  const sums = samples.filter((sample) => sample.name.endsWith('_sum'));
  const counts = samples.filter((sample) => sample.name.endsWith('_count'));
  return sums.map((sum, i) => point(sum, { count: counts[i]!.value, sum: sum.value }));
}

const scraper: Backend = {
  options: {},
  async received(served) {
    const page = await (await fetch(`${served}/metrics`)).text();
    return parseExposition(page, 'text').flatMap(pointsOf);
  },
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
