/** A page in the text format as the points of the conformance suite. */
import type { Received } from '../../src/conformance.ts';
import { type ExpositionFamily, parseExposition, type Sample } from './exposition.ts';

const KINDS: Record<string, Received['kind']> = { counter: 'counter', gauge: 'gauge', histogram: 'histogram' };

/** Text format 0.0.4 as points. @throws when it is not that. */
export function pointsOfPage(page: string): Received[] {
  return parseExposition(page, 'text').flatMap(pointsOf);
}

function pointsOf({ name, type, samples }: ExpositionFamily): Received[] {
  const point = (sample: Sample, value: Received['value']): Received => {
    return { name, attributes: Object.fromEntries(sample.labels), kind: KINDS[type], value };
  };
  if (type !== 'histogram') return samples.map((sample) => point(sample, sample.value));
  const sums = samples.filter((sample) => sample.name.endsWith('_sum'));
  const counts = samples.filter((sample) => sample.name.endsWith('_count'));
  return sums.map((sum, i) => point(sum, { count: counts[i]!.value, sum: sum.value }));
}
