import { type AddressInfo, createServer } from 'node:net';
import test from 'ava';
import { destinationsOf, reach } from '../../src/cli/destinations.ts';
import { freePort } from '../support/ports.ts';

test('each adapter that pushes has the destination of its variable, or its default', (t) => {
  const urls = (env: NodeJS.ProcessEnv, adapters: unknown[] = ['prometheus', 'graphite', 'otlp', 'pushgateway', {}]) =>
    destinationsOf(adapters, env).map(({ url }) => url);
  t.deepEqual(urls({}), ['tcp://127.0.0.1:2003', 'http://localhost:4318', 'http://127.0.0.1:9091']);
  t.deepEqual(urls({}, ['prometheus']), []);
  t.deepEqual(urls({ OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, ['otlp']), ['http://localhost:4317']);
  const both = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://a', OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://b' };
  t.deepEqual(urls(both, ['otlp']), ['http://b']);
});

test('a destination is reached without a byte being sent, and one that is not there is named', async (t) => {
  let bytes = 0;
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      bytes += chunk.length;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const at = (url: string) => ({ adapter: 'graphite', url, variable: 'LOADLINE_GRAPHITE_URL', schemes: ['tcp:'] });
  const [up, down, nowhere, odd, bare] = await reach([
    at(`tcp://user:secret@127.0.0.1:${port}`),
    at(`tcp://127.0.0.1:${await freePort()}`),
    at('tcp://no-such-host.invalid:2003'),
    at('ftp://127.0.0.1'),
    at(`127.0.0.1:${port}`),
  ]);
  t.is(up!.state, 'yes');
  t.notRegex(up!.detail, /secret/);
  t.is(bytes, 0);
  t.regex(down!.detail, /ECONNREFUSED.*LOADLINE_GRAPHITE_URL/);
  t.is(nowhere!.state, 'no');
  t.regex(odd!.detail, /ftp: is none of tcp:\. Correct LOADLINE_GRAPHITE_URL: it begins with tcp:\/\//);
  t.is(bare!.state, 'no', 'the adapter would not take it');
});

test('an address of gRPC needs no scheme', async (t) => {
  const server = createServer((socket) => socket.on('error', () => socket.destroy()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const at = (protocol: string) => {
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: `127.0.0.1:${port}`, OTEL_EXPORTER_OTLP_PROTOCOL: protocol };
    return reach(destinationsOf(['otlp'], env));
  };
  t.is((await at('grpc'))[0]!.state, 'yes');
  t.is((await at('http/protobuf'))[0]!.state, 'no');
});
