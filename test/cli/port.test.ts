/** `loadline check` where the agent's port is taken: by this service's own agent, by another one, by anything else. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { alive, type Service, service, startAll } from '../group/processes.ts';
import { onlyWhere } from '../support/only-where.ts';
import { type Ended, loadline } from './command.ts';

const onUnix = onlyWhere(process.platform !== 'win32', 'Unix sockets');

function check(shop: Service, env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return loadline(['check'], { env: { ...shop.env, ...env } });
}

/** What it says of the port. */
function portLine({ stdout }: Ended): string {
  return stdout
    .toString()
    .split('\n')
    .find((line) => /^ {2}\w+ +port \d/.test(line))!;
}

onUnix('the agent of this very service is good news: where it serves, and for how many', async (t) => {
  const shop = await service(t);
  await startAll(shop, 2);
  const report = await check(shop);
  t.is(report.code, 0, report.stdout.toString());
  const serves = `an agent of loadline serves here: http://127.0.0.1:${shop.metricsPort}/metrics, 2 processes of this service`;
  t.true(portLine(report).includes(serves), portLine(report));
  t.regex(portLine(report), /^ {2}yes /);
  t.is(alive(await shop.scrape()), 2, 'it has joined nobody');
});

onUnix('the agent of a service that nobody named may be that of another app, which is said', async (t) => {
  const shop = await service(t, { OTEL_SERVICE_NAME: '' });
  await shop.start();
  await shop.until(() => true, 'it serves');
  const report = await check(shop);
  t.is(report.code, 0);
  t.regex(portLine(report), /1 process of a service without a name\. .*OTEL_SERVICE_NAME/);
});

onUnix('the agent of another service, or of processes that this one could not join, is a problem', async (t) => {
  const shop = await service(t);
  await shop.start();
  await shop.until(() => true, 'it serves');
  const elsewhere = mkdtempSync(join(tmpdir(), 'll-'));
  t.teardown(() => rmSync(elsewhere, { recursive: true, force: true }));
  for (const [env, wanted] of [
    [{ OTEL_SERVICE_NAME: 'other' }, /of the service "shop"\. Set OTEL_EXPORTER_PROMETHEUS_PORT/],
    [{ XDG_RUNTIME_DIR: elsewhere }, /of processes of "shop" that others can't join\. Give all/],
    [{ LOADLINE_GRAPHITE_PREFIX: 'other' }, /of processes of "shop" that others can't join\. Give all/],
  ] as const) {
    const report = await check(shop, env);
    t.is(report.code, 1, report.stdout.toString());
    t.regex(portLine(report), wanted);
    t.regex(portLine(report), /^ {2}NO /);
  }
});

async function withServer(t: ExecutionContext, onRequest: RequestListener): Promise<number> {
  const server = createServer(onRequest).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

for (const [what, onRequest] of Object.entries({
  'is healthy, too': (_, response) => response.end('{"status":"ok","uptime":3}'),
  'says nonsense': (_, response) => response.end('{"agent":"loadline","service":7,"processes":"many"}'),
  'answers with text': (_, response) => response.writeHead(404).end('not found'),
  'sends one elsewhere': (_, response) => response.writeHead(302, { location: '/health' }).end(),
  'never answers': () => undefined,
} satisfies Record<string, RequestListener>)) {
  test(`another program at the port that ${what} is a problem`, async (t) => {
    const port = await withServer(t, onRequest);
    const report = await loadline(['check'], { env: { OTEL_EXPORTER_PROMETHEUS_PORT: String(port) } });
    t.is(report.code, 1);
    t.regex(portLine(report), /^ {2}NO .*EADDRINUSE.*Set OTEL_EXPORTER_PROMETHEUS_PORT, or end what has it$/);
  });
}
