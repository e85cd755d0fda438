/** The built package with OpenTelemetry SDK 3.x, which is installed in `test/otel3` and needs a later Node.js than loadline. */
import { cpSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';
import { run } from '../reporter/app.ts';
import { temporaryFolder } from '../support/child.ts';
import { LATER_MODULES, LATER_NODE, withLaterNode } from '../support/later-node.ts';
import { type OtlpReceiver, startReceiver } from '../support/otlp-receiver.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const REQUESTS = 40;
/** The exporters that are built on SDK 3 are 0.300 and later. */
const SDK_3 = /OTel-OTLP-Exporter-JavaScript\/0\.3\d\d\./;

/** A folder with the app, the package as it is published, and SDK 3 beside it. */
function installed(t: ExecutionContext): string {
  const folder = temporaryFolder('otel3');
  t.teardown(() => rmSync(folder, { recursive: true }));
  const own = join(folder, 'node_modules/loadline');
  mkdirSync(own, { recursive: true });
  for (const part of ['package.json', 'lib']) {
    cpSync(join(ROOT, part), join(own, part), { recursive: true });
  }
  symlinkSync(join(LATER_MODULES, '@opentelemetry'), join(folder, 'node_modules/@opentelemetry'));
  cpSync(join(ROOT, 'test/otel3/app.mjs'), join(folder, 'app.mjs'));
  return folder;
}

/** What the receiver has of one metric in the end, all its series together. */
function total({ requests }: OtlpReceiver, name: string, temporality: string): number {
  const kept = temporality === 'delta' ? requests : requests.slice(-1);
  const values = kept.flatMap(({ series }) => series.filter((one) => one.name === name).map(({ value }) => value));
  return values.reduce((sum, value) => sum + value, 0);
}

for (const protocol of ['http/protobuf', 'http/json', 'grpc']) {
  for (const temporality of ['cumulative', 'delta']) {
    withLaterNode(`SDK 3 sends and bridges every count over ${protocol}, ${temporality}`, async (t) => {
      const receiver = await startReceiver(protocol);
      t.teardown(() => receiver.close());
      const { code, stdout, stderr } = await run(LATER_NODE, [join(installed(t), 'app.mjs')], {
        REQUESTS: String(REQUESTS),
        OTEL_METRICS_EXPORTER: 'otlp',
        OTEL_METRIC_EXPORT_INTERVAL: '4000',
        OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
        OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
        OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: temporality,
        LOADLINE_EXIT_FLUSH: '10000',
      });
      t.deepEqual([code, stderr], [0, '']);
      const requestTotal = 'http.server.request.duration';
      const wanted = { [requestTotal]: REQUESTS, orders: 2 * REQUESTS, took: REQUESTS, 'jobs.done': REQUESTS };
      for (const [name, value] of Object.entries(wanted)) t.is(total(receiver, name, temporality), value, name);
      t.true(receiver.requests.length > 1);
      for (const { headers } of receiver.requests) t.regex(String(headers['user-agent']), SDK_3);
      t.deepEqual(
        receiver.requests.flatMap(({ problems }) => problems),
        [],
      );
      const orders = receiver.requests.at(-1)!.series.filter(({ name }) => name === 'orders');
      if (temporality === 'cumulative')
        t.deepEqual([orders[0]?.scope, { ...orders[0]?.attributes }], ['shop', { kind: 'book' }]);
      const shown = JSON.parse(stdout);
      t.like(shown, { [requestTotal]: REQUESTS, 'jobs.done': REQUESTS });
      t.false('orders' in shown, 'what came in by the bridge goes out by the same one');
    });
  }
}
