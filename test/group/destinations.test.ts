/** What is pushed for several processes: by the leader alone, each process as itself, nothing twice and nothing lost. */
import { createServer } from 'node:net';
import type { ExecutionContext } from 'ava';
import { onlyWhere } from '../support/only-where.ts';
import { startHttpReceiver } from '../support/otlp-receiver.ts';
import { alive, type Member, type Service, service, startAll, until } from './processes.ts';

const onUnix = onlyWhere(process.platform !== 'win32', 'Unix sockets');
const NAME = 'http.server.request.duration';

/** Instance → requests: of totals the last, of differences the sum. */
async function receiver(t: ExecutionContext) {
  const { url, requests, close } = await startHttpReceiver();
  t.teardown(close);
  const counts = (isDelta: boolean) => {
    const found = new Map<string, number>();
    for (const { resource, series } of requests) {
      const id = String(resource['process.pid']);
      const own = series.filter(({ name }) => name === NAME);
      const count = own.reduce((sum, { value }) => sum + value, 0);
      if (own.length > 0) found.set(id, isDelta ? (found.get(id) ?? 0) + count : count);
    }
    return Object.fromEntries(found);
  };
  return { url, requests, counts };
}

for (const temporality of ['cumulative', 'delta'] as const) {
  onUnix(`OTLP, ${temporality}: each process is a resource of its own, whoever leads`, async (t) => {
    const isDelta = temporality === 'delta';
    const { url, requests, counts } = await receiver(t);
    const shop = await service(t, {
      OTEL_METRICS_EXPORTER: 'prometheus,otlp',
      OTEL_EXPORTER_OTLP_ENDPOINT: url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: temporality,
      // A push has as long as an interval, on a machine that is busy with other things, too.
      OTEL_METRIC_EXPORT_INTERVAL: '2000',
    });
    const [first, second, third] = (await startAll(shop, 3)) as [Member, Member, Member];
    await Promise.all([first.get('/', 2), second.get('/', 3), third.get('/', 4)]);
    const arrive = (...expected: number[]) => {
      const wanted = JSON.stringify(Object.fromEntries([first, second, third].map(({ pid }, i) => [pid, expected[i]])));
      return until(() => JSON.stringify(counts(isDelta)) === wanted, wanted).catch((error) => {
        throw new Error(`${error.message}, of which came ${JSON.stringify(counts(isDelta))}`);
      });
    };
    await arrive(2, 3, 4);
    await third.get('/', 5);
    await third.get('/exit');
    await arrive(2, 3, 10);
    await first.kill();
    await shop.until((metrics) => alive(metrics) === 1, 'another one leads');
    await second.get('/', 1);
    await arrive(2, 4, 10);
    t.deepEqual(
      requests.flatMap(({ problems }) => problems),
      [],
    );
    t.is(new Set(requests.map(({ resource }) => resource['service.instance.id'])).size, 3);
  });
}

/** A carbon that adds up what it is told of requests. */
async function carbon(t: ExecutionContext) {
  let text = '';
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      text += chunk;
    });
  });
  t.teardown(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const lines = () => text.split('\n').filter((line) => line.startsWith(`${NAME}.count;`));
  return { port, lines, sum: () => lines().reduce((sum, line) => sum + Number(line.split(' ')[1]), 0) };
}

onUnix('Graphite gets one sum of all, which goes on when another process leads', async (t) => {
  const { port, lines, sum } = await carbon(t);
  const shop: Service = await service(t, {
    OTEL_METRICS_EXPORTER: 'prometheus,graphite',
    LOADLINE_GRAPHITE_URL: `tcp://127.0.0.1:${port}`,
    OTEL_METRIC_EXPORT_INTERVAL: '500',
  });
  const [first, second, third] = await startAll(shop, 3);
  await Promise.all([first!.get('/', 2), second!.get('/', 3), third!.get('/', 4)]);
  await until(() => sum() === 9, 'nine requests');
  await first!.get('/', 1);
  await first!.get('/exit');
  await first!.over();
  await shop.until((metrics) => alive(metrics) === 2, 'another one leads');
  await Promise.all([second!.get('/', 5), third!.get('/', 6)]);
  await until(() => sum() >= 22, 'all requests');
  t.is(sum(), 22, 'the last two of the first process are its own and the one that ended it');
  const names = new Set(lines().map((line) => line.split(' ')[0]));
  t.is(names.size, 1, [...names].join('\n'));
});
