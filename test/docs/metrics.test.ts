import { readFileSync } from 'node:fs';
import test from 'ava';
import { GROUP_METRICS } from '../../src/group/view.ts';
import { hostProbes } from '../../src/host/probes.ts';
import { EXPORT_METRICS } from '../../src/reporter/export-counts.ts';
import { HOST_PROBE_METRICS } from '../../src/reporter/host-probes.ts';
import { SAMPLED_METRICS } from '../../src/reporter/sampled.ts';
import { WATCH_METRICS } from '../../src/reporter/watch.ts';
import { OWN_METRICS } from '../../src/sampler/own.ts';
import { PROBES } from '../../src/start.ts';
import { StoreReader } from '../../src/store/reader.ts';
import { StoreWriter } from '../../src/store/writer.ts';

const map = new StoreReader(new StoreWriter().buffer);
const probes = hostProbes({
  map,
  seriesLimit: 2000,
  stallThreshold: 500,
  bounds: {},
  isAgents: () => false,
  workers: () => new Set(),
  warn() {},
});
const inCode = [...PROBES, ...probes]
  .flatMap(({ metrics }) => metrics)
  .concat(OWN_METRICS, SAMPLED_METRICS, EXPORT_METRICS, HOST_PROBE_METRICS, GROUP_METRICS, WATCH_METRICS)
  .map(({ name, kind, unit }) => `${name} ${kind} ${unit}`);

const page = readFileSync(new URL('../../../docs/metrics.md', import.meta.url), 'utf8');
const inDocs = [...page.matchAll(/^\| `([\w.]+)` \| (\w+) \| `([^`]+)` \|/gm)].map(
  ([, name, kind, unit]) => `${name} ${kind} ${unit}`,
);

test('every metric in the code is on the page with its kind and unit, and nothing else is', (t) => {
  t.deepEqual([...inDocs].sort(), [...new Set(inCode)].sort());
});

test('the page lists a metric once', (t) => {
  t.is(new Set(inDocs).size, inDocs.length);
});
