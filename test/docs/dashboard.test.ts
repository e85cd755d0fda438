/** docs/dashboard.md tells the limits and thresholds that the code has. */
import { readFileSync } from 'node:fs';
import test from 'ava';
import { BACKLOG, STREAMS } from '../../src/dashboard/live.ts';
import { KEPT_ROUTES, LISTED_ROUTES } from '../../src/dashboard/routes.ts';
import { KEPT_SERIES, LISTED_SERIES } from '../../src/dashboard/series.ts';
import { THRESHOLDS } from '../../src/dashboard/vitals.ts';

const page = readFileSync(new URL('../../../docs/dashboard.md', import.meta.url), 'utf8');

test('the thresholds are those of the code, in its order', (t) => {
  const rows = [...page.matchAll(/^\| [^|]+: [^|]+ \| ([\d.]+)( ms)? \| ([\d.]+)( ms)? \| [^|]+ \|$/gm)];
  const inDocs = rows.map(([, warning, unit, critical]) =>
    [warning, critical].map((each) => Number(each) / (unit ? 1000 : 1)),
  );
  t.deepEqual(
    inDocs,
    Object.values(THRESHOLDS).map(({ warning, critical }) => [warning, critical]),
  );
});

test('the limits are those of the code', (t) => {
  for (const sentence of [
    `${KEPT_ROUTES} routes and ${KEPT_SERIES} series have a history`,
    `the ${LISTED_ROUTES} busiest are listed`,
    `at most ${LISTED_SERIES}`,
    `There are ${STREAMS} streams at a time`,
    `when ${BACKLOG / 1e6} MB wait for it`,
  ]) {
    t.true(page.includes(sentence), sentence);
  }
});
