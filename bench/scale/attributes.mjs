import { chart } from '../lib/chart.mjs';
import { logLogSlope, median, medianInterval } from '../lib/statistics.mjs';
import { recordCost } from '../record.mjs';

/** Attribute sets of one counter: four methods times so many routes. Within the budget of 2,000 series per metric. */
const SETS = [4, 16, 64, 256, 1024];
const ROUNDS = 5;
const PEERS = ['prom-client', 'OpenTelemetry'];

/** @param {import('../lib/context.mjs').Context} context */
export async function byAttributeSets(context) {
  const { brief, builds } = context.options;
  const subjects = [
    ...builds.map(({ name, dist }) => ({ name, subject: 'loadline', dist })),
    ...PEERS.map((name) => ({ name, subject: name })),
  ];
  const found = new Map(subjects.map((subject) => [subject, []]));
  for (const sets of brief ? [16] : SETS) {
    context.say(`scale: ${sets} attribute sets`);
    const costs = new Map(subjects.map((subject) => [subject, []]));
    for (let round = 0; round < (brief ? 1 : ROUNDS); round++)
      for (const subject of subjects)
        costs.get(subject).push((await recordCost(context, subject, 'counter attributes', sets)).ns);
    for (const subject of subjects) found.get(subject).push(costs.get(subject));
  }
  const title = 'Cost of a counter with an attributes object by number of attribute sets';
  if (brief) return { title, rows: [['attribute sets'], [16]] };
  const rows = [['', ...SETS.map((sets) => `${sets} sets, ns`), 'exponent']];
  for (const [{ name }, lists] of found) {
    const { exponent } = logLogSlope(SETS, lists.map(median));
    rows.push([name, ...lists.map(cell), exponent.toFixed(3)]);
  }
  const own = found.get(subjects[0]).map(median);
  return { title, rows, chart: chart(SETS.map(String), own, `ns per add with ${subjects[0].name}`) };
}

function cell(values) {
  const [low, high] = medianInterval(values);
  return `${median(values).toFixed(0)} (${low.toFixed(0)} - ${high.toFixed(0)})`;
}
