import test from 'ava';
import createInflux from '../../examples/adapter/influx.ts';
import { checkAdapter } from '../../src/conformance.ts';
import { startInflux } from './influx-backend.ts';

for (const temporality of ['cumulative', 'delta'] as const) {
  test(`the InfluxDB adapter passes the conformance suite, ${temporality}`, async (t) => {
    t.deepEqual(await checkAdapter({ factory: createInflux, start: () => startInflux({ temporality }) }), []);
  });
}
