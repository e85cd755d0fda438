import test from 'ava';
import { describe } from '../../../src/dashboard/page/summary.ts';
import { clock } from '../../../src/dashboard/page/units.ts';

test('A chart is told by its stretch, and each line by now, least and most', (t) => {
  const text = describe(
    'seconds',
    [5000, 10_000],
    [
      { label: 'p50', values: [0.004, 0.006] },
      { label: 'p99', values: [0.5, null] },
      { label: 'none', values: [null, null] },
    ],
  );
  t.is(
    text.replaceAll('\u00a0', ' '),
    `${clock(5000)} to ${clock(10_000)}. p50: now 6 ms, between 4 ms and 6 ms. p99: now not known, between 500 ms and 500 ms. none: no values.`,
  );
});

test('A chart without values says so', (t) => {
  t.is(describe('seconds', [], []), 'No values.');
});
