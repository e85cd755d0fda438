/** The metrics of docs/metrics.md, as the backends name them. */
import { readFileSync } from 'node:fs';
import { familyName } from '../../src/exposition/names.ts';
import type { MetricKind } from '../../src/snapshot/metric.ts';

const page = readFileSync(new URL('../../../docs/metrics.md', import.meta.url), 'utf8');

interface Row {
  readonly name: string;
  readonly kind: MetricKind;
  readonly unit: string;
}

const rows: readonly Row[] = [...page.matchAll(/^\| `([\w.]+)` \| (\w+) \| `([^`]+)` \|/gm)].map(
  ([, name, kind, unit]) => ({ name: name!, kind: kind as MetricKind, unit: unit! }),
);

const STATISTICS: Readonly<Record<MetricKind, readonly string[]>> = {
  counter: ['.count', '.rate'],
  histogram: ['.count', '.mean', '.p50', '.p90', '.p99', '.max'],
  gauge: [''],
  updown: [''],
};

/** Sample names of the Prometheus formats; `target_info` too. */
export const PROMETHEUS_NAMES: ReadonlySet<string> = new Set([
  'target_info',
  ...rows.flatMap((row) => {
    const { name } = familyName(row);
    if (row.kind === 'counter') return [`${name}_total`];
    return row.kind === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name];
  }),
]);

export const GRAPHITE_NAMES: ReadonlySet<string> = new Set(
  rows.flatMap(({ name, kind }) => STATISTICS[kind].map((statistic) => name + statistic)),
);
