/** Checks of what arrives while all is well. */
import type { Metric } from '../../snapshot/metric.ts';
import { type AdapterCheck, COUNTER, check, type Entry, GAUGE, HISTOGRAM, type Lab, UPDOWN } from './lab.ts';

/** Series of the large snapshot. */
const MANY = 10_000;
/** How many times the usual patience a large snapshot is given. */
const MANY_PATIENCE = 6;

const hasHistograms = ({ options }: Lab) => options.carries?.histograms ?? true;
const hasKinds = ({ options }: Lab) => options.carries?.kinds ?? false;

/** Shows the entries and waits for each value. */
async function delivers(lab: Lab, entries: readonly Entry[]): Promise<string | undefined> {
  await lab.show(entries);
  for (const [metric, value, attributes] of entries) {
    if (typeof value !== 'number') continue;
    const offence = await lab.expect(metric, value, attributes);
    if (offence) return `${offence}${why(lab)}`;
  }
  return undefined;
}

function why({ failures }: Lab): string {
  return failures.length > 0 ? ` (${failures.at(-1)})` : '';
}

/** Shows rising and falling values of one counter; what has to be there in the end. */
async function counts(lab: Lab, values: readonly number[], total: number, sum: number): Promise<string | undefined> {
  for (const value of values) await lab.show([[COUNTER, value]]);
  const offence = await lab.expect(COUNTER, lab.counters === 'total' ? total : sum);
  if (offence) return `${offence}, after ${values.join(', ')}`;
  const negative = (await lab.seriesOf(COUNTER)).find(({ value }) => typeof value === 'number' && value < 0);
  return negative && 'a counter arrived as a negative number';
}

const named = (name: string): Metric => ({ name, kind: 'gauge' });

export const DELIVERY: readonly AdapterCheck[] = [
  check('2', 'delivers-counters', (lab) => delivers(lab, [[COUNTER, 4211]])),
  check('2', 'delivers-updowns', (lab) => delivers(lab, [[UPDOWN, -17]])),
  check('2', 'delivers-gauges', (lab) => delivers(lab, [[GAUGE, 0.004]])),
  check(
    '2',
    'delivers-histograms',
    async (lab) => {
      await lab.show([[HISTOGRAM, { counts: [2, 1, 1], sum: 3.25 }]]);
      return lab.expect(HISTOGRAM, { count: 4, sum: 3.25 });
    },
    hasHistograms,
  ),
  check(
    '2',
    'delivers-histograms-over-time',
    async (lab) => {
      await lab.show([[HISTOGRAM, { counts: [2, 1, 1], sum: 3.25 }]]);
      await lab.show([[HISTOGRAM, { counts: [3, 1, 2], sum: 6.5 }]]);
      return lab.expect(HISTOGRAM, { count: 6, sum: 6.5 });
    },
    hasHistograms,
  ),
  check(
    '2',
    'says-the-kind',
    async (lab) => {
      const offence = await delivers(lab, [
        [COUNTER, 1],
        [GAUGE, 1],
      ]);
      if (offence) return offence;
      for (const metric of [COUNTER, GAUGE]) {
        const { kind } = (await lab.seriesOf(metric))[0]!;
        if (kind !== metric.kind) return `a ${metric.kind} arrives as ${kind}`;
      }
      return undefined;
    },
    hasKinds,
  ),
  check('2', 'keeps-series-apart', (lab) =>
    delivers(lab, [
      [COUNTER, 1, { part: 'a', zone: '1' }],
      [COUNTER, 2, { part: 'b', zone: '1' }],
      [COUNTER, 3, { part: 'a', zone: '2' }],
    ]),
  ),
  check('2', 'keeps-metrics-apart', (lab) =>
    delivers(lab, [
      [named('conformance.apart'), 1],
      [named('conformance.apart.too'), 2],
      [named('conformance.other'), 3],
    ]),
  ),
  check('2', 'adds-up', (lab) => counts(lab, [5, 5, 12, 20], 20, 20)),
  check('2', 'follows-a-fall', (lab) => counts(lab, [7, 3, 4], 4, 11)),
  check('2', 'follows-a-reset', async (lab) => {
    await lab.show([[COUNTER, 7]]);
    lab.startTime += 15_000;
    return counts(lab, [9], 9, 16);
  }),
  check('2', 'follows-a-restart', async (lab) => {
    const before = await delivers(lab, [[COUNTER, 6]]);
    if (before) return before;
    await lab.closeAdapter();
    await lab.startAdapter();
    lab.startTime += 15_000;
    return counts(lab, [8], 8, 14);
  }),
  check('2', 'survives-an-empty-snapshot', async (lab) => {
    await lab.show([]);
    if (lab.failures.length > 0) return `an empty snapshot failed${why(lab)}`;
    const offence = await delivers(lab, [[COUNTER, 3]]);
    if (offence) return offence;
    await lab.show([]);
    return lab.failures.length > 0 ? `an empty snapshot failed${why(lab)}` : undefined;
  }),
  check(
    '2',
    'accounts-for-every-point',
    async (lab) => {
      const offence = await delivers(lab, [
        [COUNTER, 1, { part: 'a' }],
        [COUNTER, 2, { part: 'b' }],
        [GAUGE, 3],
      ]);
      if (offence) return offence;
      return lab.until(async () => {
        const { sent, dropped, unknown, spooled } = lab.counts;
        const sum = sent + dropped + unknown + spooled;
        return sum === 3 ? undefined : `of 3 points ${sum} were counted (${JSON.stringify(lab.counts)})`;
      });
    },
    ({ pushes }) => pushes,
  ),
  check('2', 'carries-ten-thousand-series', async (lab) => {
    const last = { part: `p${MANY - 1}` };
    await lab.show(Array.from({ length: MANY }, (_, i) => [COUNTER, i + 1, { part: `p${i}` }] as const));
    return lab.until(
      async () => {
        const series = new Set((await lab.seriesOf(COUNTER)).map(({ attributes }) => JSON.stringify(attributes)));
        if (series.size !== MANY) return `of ${MANY} series ${series.size} arrived${why(lab)}`;
        const value = await lab.value(COUNTER, last);
        return value === MANY ? undefined : `the last of them is ${String(value)}`;
      },
      MANY_PATIENCE * (lab.options.patience ?? 5000),
    );
  }),
];
