import test from 'ava';
import createPushgateway from '../../adapters/pushgateway.ts';
import { checkAdapter } from '../../src/conformance.ts';
import { familyName, labelName } from '../../src/exposition/names.ts';
import { startPushgatewayBackend } from './pushgateway-backend.ts';

test('the Pushgateway adapter passes the conformance suite', async (t) => {
  const findings = await checkAdapter({
    factory: createPushgateway,
    start: startPushgatewayBackend,
    carries: { kinds: true, text: true, nonFinite: true },
    nameOf: (metric) => familyName(metric).name + (metric.kind === 'counter' ? '_total' : ''),
    keyOf: labelName,
  });
  t.deepEqual(findings, []);
});
