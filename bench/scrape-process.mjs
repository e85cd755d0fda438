/**
 * `scrape-process.mjs <subject> <series>`, forked by scrape.mjs and hang.mjs: an app with that many counter series over ten
 * metrics, whose main loop writes down how long others keep it.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

const { load } = createRequire(import.meta.url)('./apps/frameworks.cjs');
const [subject, series, dist, port] = process.argv.slice(2);
const METRICS = Math.min(10, Number(series));

const SUBJECTS = { loadline, 'prom-client': promClient, OpenTelemetry: openTelemetry };
const { make, serve } = await SUBJECTS[subject]();
const adders = Array.from({ length: METRICS }, (_, metric) => make(`bench.shop_${metric}`));
add();
const serving = serve();

/** One to each series. */
function add() {
  for (let i = 0; i < Number(series); i++) adders[i % METRICS]({ user: `u${Math.floor(i / METRICS)}`, kind: 'gold' });
}

let watching = false;
/** ms that one turn of the loop took at most. */
let longest = 0;

function watch(last) {
  if (!watching) return;
  const now = performance.now();
  longest = Math.max(longest, now - last);
  setImmediate(watch, now);
}

const answers = {
  url: () => serving,
  add,
  watch() {
    longest = 0;
    watching = true;
    setImmediate(watch, performance.now());
  },
  longest() {
    watching = false;
    return longest;
  },
  mainCpu,
  /** Answers at once, and then does nothing else for so many ms. */
  block({ milliseconds }) {
    setImmediate(() => {
      for (const end = performance.now() + milliseconds; performance.now() < end; );
    });
  },
};

/** ms of CPU that the main thread has had; where Linux does not say it, undefined. Known well after a pause only. */
async function mainCpu() {
  await sleep(1);
  if (process.platform !== 'linux') return undefined;
  return Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')[0]) / 1e6;
}

process.on('message', async ({ id, ask, ...order }) => {
  try {
    process.send({ id, result: await answers[ask](order) });
  } catch (error) {
    process.send({ id, error: String(error?.stack ?? error) });
  }
});
process.once('disconnect', () => process.exit());

async function loadline() {
  const { counter, start } = await import(pathToFileURL(`${dist}/src/index.js`).href);
  const agent = start({ prometheus: { port: Number(port) }, seriesLimit: 100_000, log: 'warn' });
  return {
    make(name) {
      const made = counter(name);
      return (attributes) => made.add(1, attributes);
    },
    serve: async () => new URL('/metrics', await agent.ready).href,
  };
}

function promClient() {
  const { Counter, register } = load('prom-client');
  return {
    make(name) {
      const made = new Counter({ name: name.replace('.', '_'), help: name, labelNames: ['user', 'kind'] });
      return (labels) => made.inc(labels);
    },
    serve() {
      const server = createServer(async (_request, response) => {
        const text = await register.metrics();
        response.setHeader('Content-Type', register.contentType);
        response.end(text);
      });
      return new Promise((resolve) =>
        server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${server.address().port}/metrics`)),
      );
    },
  };
}

/** Its limit of 2,000 attribute sets per metric is raised by a view. */
function openTelemetry() {
  const { MeterProvider } = load('@opentelemetry/sdk-metrics');
  const { PrometheusExporter } = load('@opentelemetry/exporter-prometheus');
  const exporter = new PrometheusExporter({ host: '127.0.0.1', port: Number(port) });
  const views = [{ instrumentName: '*', aggregationCardinalityLimit: 100_000 }];
  const meter = new MeterProvider({ readers: [exporter], views }).getMeter('bench');
  return {
    make(name) {
      const made = meter.createCounter(name);
      return (attributes) => made.add(1, attributes);
    },
    serve: () => `http://127.0.0.1:${port}/metrics`,
  };
}
