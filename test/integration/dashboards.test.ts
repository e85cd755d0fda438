/** Every query of the dashboards gets data from a real Prometheus and a real Graphite, fed by an app under load. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { startFront } from '../../examples/demo/front.ts';
import { SHOP, startLoad } from '../../examples/demo/load.ts';
import { type App, startExampleApp } from '../support/app.ts';
import { dial } from '../support/connect.ts';
import {
  choose,
  type Dashboard,
  escapePrometheus,
  escapeRegex,
  interpolate,
  labelValues,
  panelsOf,
  readDashboard,
} from '../support/grafana.ts';
import { type Carbon, startCarbon, startPrometheus } from '../support/servers.ts';

/** ms until every query must have had data. */
const LIMIT = 90_000;
/** Requests per second. */
const RATE = 30;
/** Seconds between two scrapes. */
const SCRAPE = 4;
const SERVICE = 'shop of dashboards';

/** What a machine without limits of its own does not have. */
const LIMITS: readonly [name: string, labels: string, value: (seconds: number) => number][] = [
  ['loadline_cpu_limit', '', () => 2],
  ['loadline_cpu_periods_total', '', (seconds) => seconds * 10],
  ['loadline_cpu_throttled_periods_total', '', (seconds) => seconds],
  ['loadline_memory_limit_bytes', 'limit="container"', () => 2 ** 30],
];

/** The app's own page, with the limits where it has none. */
async function startLimited(t: ExecutionContext, app: App): Promise<number> {
  const server = createServer(async (_request, response) => {
    const page = await app.scrape();
    const made = LIMITS.map(([name, labels, value]) => `${name}{${labels}} ${value(Math.floor(Date.now() / 1000))}\n`);
    const missing = made.filter((line) => !page.includes(`\n${line.split(' ')[0]!.replace('{}', '')}`));
    response.end(page + missing.join(''));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  return (server.address() as AddressInfo).port;
}

/** The same for Graphite. */
async function sendLimits(t: ExecutionContext, carbon: Carbon): Promise<void> {
  const socket = await dial(carbon.port);
  const tags = `;host=limited;service=${SERVICE.replaceAll(' ', '_')}`;
  const send = () => {
    const time = Math.floor(Date.now() / 1000);
    const lines = [
      `loadline.cpu.limit${tags} 2`,
      `loadline.cpu.periods.count${tags} 10`,
      `loadline.cpu.throttled.periods.count${tags} 1`,
      `loadline.memory.limit${tags};limit=container 1073741824`,
    ];
    socket.write(lines.map((line) => `${line} ${time}\n`).join(''));
  };
  const timer = setInterval(send, 1000);
  t.teardown(() => {
    clearInterval(timer);
    socket.destroy();
  });
}

interface Asked {
  readonly panel: string;
  readonly query: string;
}

interface Unanswered extends Asked {
  /** Empty: there was an answer, without data. */
  readonly problem: string;
}

/** Asks all until each has had data; what had none in the end. A question that fails is asked again: a server may be busy. */
async function unanswered(all: readonly Asked[], hasData: (query: string) => Promise<boolean>): Promise<Unanswered[]> {
  let left: Unanswered[] = all.map((asked) => ({ ...asked, problem: 'not asked' }));
  for (const end = Date.now() + LIMIT; left.length > 0 && Date.now() < end; await sleep(1000)) {
    const still: Unanswered[] = [];
    for (const asked of left) {
      const answer = await hasData(asked.query).catch((error: Error) => error.message);
      if (answer !== true) still.push({ ...asked, problem: answer || '' });
    }
    left = still;
  }
  return left;
}

function queriesOf(dashboard: Dashboard, fill: (text: string) => string): Asked[] {
  return panelsOf(dashboard).flatMap(({ title, targets = [] }) =>
    targets.map(({ expr, target }) => ({ panel: title, query: fill((expr ?? target)!) })),
  );
}

test.serial('Every query of both dashboards returns data', async (t) => {
  const carbon = await startCarbon(t);
  const env = {
    OTEL_SERVICE_NAME: SERVICE,
    OTEL_METRICS_EXPORTER: 'prometheus,graphite',
    OTEL_METRIC_EXPORT_INTERVAL: '1000',
    LOADLINE_GRAPHITE_URL: `tcp://127.0.0.1:${carbon.port}`,
  };
  const app = await startExampleApp(t, 'shop', env);
  // A second process of the service: they are a group then, of workers that have names.
  await startExampleApp(t, 'shop', { ...env, OTEL_EXPORTER_PROMETHEUS_PORT: `${app.metricsPort}` });
  const front = await startFront({ target: app.url });
  t.teardown(() => front.close());
  const load = startLoad(front.url, RATE, SHOP);
  t.teardown(() => load.stop(0));
  await sendLimits(t, carbon);
  const prometheus = await startPrometheus(t, { shop: await startLimited(t, app) }, SCRAPE);

  const known = new Map([
    ['__rate_interval', `${4 * SCRAPE}s`],
    ['__range', '5m'],
  ]);
  const board = readDashboard('prometheus');
  const ask = (fill: (text: string) => string) => (query: string) => labelValues(prometheus, fill(query));
  const values = await choose(board, known, (query, sofar) =>
    ask((text) => interpolate(text, sofar, escapePrometheus))(query),
  );
  t.is(values.get('service'), SERVICE);
  const queries = queriesOf(board, (text) => interpolate(text, values, escapePrometheus));
  t.true(queries.length > 60, `${queries.length} queries`);
  t.deepEqual(
    await unanswered(queries, async (query) =>
      (await prometheus.query(query)).some(({ value }) => Number.isFinite(value)),
    ),
    [],
  );

  const graphiteBoard = readDashboard('graphite');
  const chosen = await choose(graphiteBoard, new Map(), (query, sofar) => {
    const parameters = /^tag_values\((.+)\)$/.exec(query)![1]!.split(',');
    const [tag, ...expressions] = parameters.map((one) => interpolate(one.trim(), sofar, escapeRegex));
    return carbon.tagValues(tag!, expressions);
  });
  const targets = queriesOf(graphiteBoard, (text) => interpolate(text, chosen, escapeRegex));
  t.true(targets.length > 50, `${targets.length} targets`);
  t.deepEqual(
    await unanswered(targets, async (target) => {
      const now = Math.floor(Date.now() / 1000);
      const series = await carbon.render(target, now - 120, now);
      return [...series.values()].some((points) => points.size > 0);
    }),
    [],
  );
});
