import test from 'ava';
import createGraphite from '../../adapters/graphite.ts';
import { checkAdapter } from '../../src/conformance.ts';
import { startCarbonBackend } from './carbon-backend.ts';

for (const transport of ['socket', 'graphite'] as const) {
  test(`the Graphite adapter passes the conformance suite, by ${transport}`, async (t) => {
    const findings = await checkAdapter({
      factory: createGraphite,
      start: () => startCarbonBackend({ transport }),
      nameOf: ({ name, kind }) => (kind === 'counter' ? `${name}.count` : name),
      patience: 20_000,
    });
    t.deepEqual(findings, []);
  });
}
