import test from 'ava';
import createOtlp from '../../adapters/otlp.ts';
import { checkAdapter } from '../../src/conformance.ts';
import { startOtlpBackend } from './otlp-backend.ts';

for (const protocol of ['http/protobuf', 'http/json', 'grpc'] as const) {
  for (const temporality of ['cumulative', 'delta'] as const) {
    test(`the OTLP adapter passes the conformance suite over ${protocol}, ${temporality}`, async (t) => {
      t.timeout(180_000);
      const findings = await checkAdapter({
        factory: createOtlp,
        start: () => startOtlpBackend({ protocol, temporality }),
        carries: { kinds: true, text: true },
        // A machine with other things to do must not look like a backend that hangs.
        timeout: 4000,
        patience: 10_000,
      });
      t.deepEqual(findings, []);
    });
  }
}
