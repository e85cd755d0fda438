import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Finding } from '../../src/cli/check.ts';
import { destinationsOf, reach } from '../../src/cli/destinations.ts';
import { cert, key, otherCert, otherKey } from '../support/certificate.ts';
import { startGrpcReceiver, startHttpReceiver } from '../support/otlp-receiver.ts';
import { loadline } from './command.ts';

const FOLDER = mkdtempSync(join(tmpdir(), 'loadline-tls-'));
test.after.always(() => rmSync(FOLDER, { recursive: true }));
const file = (name: string, text: string) => {
  writeFileSync(join(FOLDER, name), text);
  return join(FOLDER, name);
};
const FILES = {
  cert: file('cert.pem', cert),
  key: file('key.pem', key),
  otherCert: file('other-cert.pem', otherCert),
  otherKey: file('other-key.pem', otherKey),
  garbage: file('garbage.pem', 'no PEM'),
};
const PROTOCOLS = ['http/protobuf', 'grpc'] as const;

/** Settings without `OTEL_EXPORTER_OTLP_` in front. */
async function check(settings: Readonly<Record<string, string>>): Promise<Finding> {
  const env = Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [`OTEL_EXPORTER_OTLP_${name}`, value]),
  );
  return (await reach(destinationsOf(['otlp'], env)))[0]!;
}

/** A receiver with TLS. With `ca`, clients need a certificate. */
async function receiver(t: ExecutionContext, protocol: (typeof PROTOCOLS)[number], tls: { ca?: string } = {}) {
  const start = protocol === 'grpc' ? startGrpcReceiver : startHttpReceiver;
  const { url, seen, close } = await start({ tls: { cert, key, ...tls } });
  t.teardown(close);
  return { seen, base: { ENDPOINT: url, PROTOCOL: protocol } };
}

for (const protocol of PROTOCOLS) {
  test(`a certificate of one's own is trusted with the right authority only, over ${protocol}`, async (t) => {
    const { base, seen } = await receiver(t, protocol);
    const right = await check({ ...base, CERTIFICATE: FILES.cert });
    t.is(right.state, 'yes', right.detail);
    t.regex(right.detail, /takes TLS connections/);
    const none = await check(base);
    t.is(none.state, 'no');
    t.regex(none.detail, /its certificate is not trusted \(.+\)\. Set OTEL_EXPORTER_OTLP_CERTIFICATE to the file/);
    const wrong = await check({ ...base, CERTIFICATE: FILES.otherCert });
    t.is(wrong.state, 'no');
    t.regex(wrong.detail, /is not from the authority in .*other-cert\.pem .*Correct OTEL_EXPORTER_OTLP_CERTIFICATE/);
    const metrics = await check({ ...base, CERTIFICATE: FILES.otherCert, METRICS_CERTIFICATE: FILES.cert });
    t.is(metrics.state, 'yes', 'the variable for metrics wins');
    t.is(seen(), 0, 'no request was sent');
  });

  test(`a server that wants a client certificate takes the right one only, over ${protocol}`, async (t) => {
    const { base: bare } = await receiver(t, protocol, { ca: cert });
    const base = { ...bare, CERTIFICATE: FILES.cert };
    const known = await check({ ...base, CLIENT_CERTIFICATE: FILES.cert, CLIENT_KEY: FILES.key });
    t.is(known.state, 'yes', known.detail);
    const none = await check(base);
    t.is(none.state, 'no', none.detail);
    t.regex(none.detail, /wants a client certificate .*Set OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE and .*_CLIENT_KEY$/);
    const wrong = await check({ ...base, CLIENT_CERTIFICATE: FILES.otherCert, CLIENT_KEY: FILES.otherKey });
    t.is(wrong.state, 'no', wrong.detail);
    t.regex(wrong.detail, /refuses the client certificate in .*other-cert\.pem .*Correct OTEL_.*CLIENT_CERTIFICATE$/);
  });
}

test('files that are missing, half given, no PEM or do not belong together are named', async (t) => {
  const { base: bare } = await receiver(t, 'http/protobuf');
  const base = { ...bare, CERTIFICATE: FILES.cert };
  const detail = async (settings: Readonly<Record<string, string>>) => (await check({ ...base, ...settings })).detail;
  t.regex(
    await detail({ CERTIFICATE: '/no/such.pem' }),
    /ENOENT.*\/no\/such\.pem.*Correct OTEL_EXPORTER_OTLP_CERTIFICATE$/,
  );
  t.regex(
    await detail({ CLIENT_CERTIFICATE: FILES.cert }),
    /CLIENT_CERTIFICATE is set alone\. Set OTEL_.*_CLIENT_KEY too$/,
  );
  t.regex(
    await detail({ METRICS_CLIENT_KEY: FILES.key }),
    /METRICS_CLIENT_KEY is set alone\. Set .*CLIENT_CERTIFICATE too$/,
  );
  const unusable = /client certificate cannot be used .*Correct OTEL_\w+_CLIENT_CERTIFICATE and OTEL_\w+_CLIENT_KEY/;
  t.regex(await detail({ CLIENT_CERTIFICATE: FILES.garbage, CLIENT_KEY: FILES.key }), unusable);
  t.regex(await detail({ CLIENT_CERTIFICATE: FILES.cert, CLIENT_KEY: FILES.otherKey }), unusable);
  t.regex(await detail({ CERTIFICATE: FILES.garbage }), /not from the authority in .*garbage\.pem/);
});

test('a certificate for another name is told with that name', async (t) => {
  const { url, close } = await startHttpReceiver({ tls: { cert: otherCert, key: otherKey } });
  t.teardown(close);
  for (const ENDPOINT of [url, url.replace('localhost', '127.0.0.1')]) {
    const { state, detail } = await check({ ENDPOINT, CERTIFICATE: FILES.otherCert });
    t.is(state, 'no');
    t.regex(detail, /for another name \(.*other\.example.*\)\. Use that in OTEL_EXPORTER_OTLP_ENDPOINT$/);
  }
});

test('a server without TLS, and one that says nothing, are told', async (t) => {
  const plain = await startHttpReceiver();
  t.teardown(plain.close);
  const odd = await check({ ENDPOINT: plain.url.replace('http:', 'https:') });
  t.regex(odd.detail, /it does not speak TLS\. Begin OTEL_EXPORTER_OTLP_ENDPOINT with http:/);
  const silent = createServer((socket) => socket.on('error', () => socket.destroy()));
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  t.teardown(() => silent.close());
  const late = await check({ ENDPOINT: `https://127.0.0.1:${(silent.address() as AddressInfo).port}` });
  t.regex(late.detail, /no answer within 3000 ms\. Start it, or correct OTEL_EXPORTER_OTLP_ENDPOINT/);
});

test('a Pushgateway behind a private authority needs it in NODE_EXTRA_CA_CERTS, which the command takes', async (t) => {
  const { url, close, seen } = await startHttpReceiver({ tls: { cert, key } });
  t.teardown(close);
  const env = {
    OTEL_METRICS_EXPORTER: 'pushgateway',
    LOADLINE_PUSHGATEWAY_URL: url.replace('://', '://me:secret@'),
    HOME: FOLDER,
  };
  const untrusting = await loadline(['check'], { env });
  t.is(untrusting.code, 1);
  const said = untrusting.stdout.toString();
  t.regex(said, /NO {3}destination pushgateway +https:\/\/localhost:\d+: .*Set NODE_EXTRA_CA_CERTS to the file/);
  t.notRegex(said, /secret/);
  const trusting = await loadline(['check'], { env: { ...env, NODE_EXTRA_CA_CERTS: FILES.cert } });
  t.is(trusting.code, 0, trusting.stdout.toString());
  t.regex(trusting.stdout.toString(), /yes {2}destination pushgateway +https:\/\/localhost:\d+ takes TLS connections/);
  t.is(seen(), 0);
});
