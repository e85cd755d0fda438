import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { cert, key } from '../support/certificate.ts';
import { startReceiver } from '../support/otlp-receiver.ts';
import { openDestination } from './otlp-destination.ts';

const snapshot = {
  time: 1_800_000_060_000,
  resource: {},
  metrics: [
    {
      metric: { name: 'a', kind: 'counter' },
      scope: { name: 'shop' },
      points: [{ attributes: {}, startTime: 1_800_000_000_000, value: 1 }],
    },
  ],
} as const;

for (const protocol of ['http/protobuf', 'grpc'] as const) {
  test.serial(
    `a private authority and a client certificate work over ${protocol}, and without them nothing is taken and nothing lost`,
    async (t) => {
      const folder = await mkdtemp(join(tmpdir(), 'loadline-otlp-'));
      const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
      await writeFile(certFile, cert);
      await writeFile(keyFile, key);
      const tls = { cert, key, ca: cert };
      const receiver = await startReceiver(protocol, { tls });
      t.teardown(async () => {
        await receiver.close();
        await rm(folder, { recursive: true });
      });
      const base = {
        OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
        OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
        OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: 'delta',
      };
      const trusting = { ...base, OTEL_EXPORTER_OTLP_CERTIFICATE: certFile };
      const known = {
        ...trusting,
        OTEL_EXPORTER_OTLP_METRICS_CLIENT_CERTIFICATE: certFile,
        OTEL_EXPORTER_OTLP_METRICS_CLIENT_KEY: keyFile,
      };
      const good = await openDestination(known);
      await withEnvironment(known, () => good.push(snapshot));
      t.is(good.counts.sent, 1);
      const stranger = await openDestination(base);
      await t.throwsAsync(stranger.push(snapshot));
      const unknown = await openDestination(trusting);
      for (let i = 0; i < 10; i++) {
        // A handshake that is refused may break when the request is written already: it was not read for all that.
        const refusal = await t.throwsAsync(withEnvironment(trusting, () => unknown.push(snapshot)));
        t.regex(refusal!.message, /certificate required/);
      }
      t.deepEqual(unknown.counts, { sent: 0, failed: 0, dropped: 0, unknown: 0, spooled: 0 });
      t.is(receiver.requests.length, 1);
    },
  );
}

/** The gRPC exporter reads certificates at its first call, not when it is made. */
async function withEnvironment(environment: Record<string, string>, run: () => Promise<void>): Promise<void> {
  Object.assign(process.env, environment);
  try {
    await run();
  } finally {
    for (const name of Object.keys(environment)) delete process.env[name];
  }
}
