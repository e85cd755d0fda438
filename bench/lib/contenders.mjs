/** Who is measured, and how each is switched on. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const BENCH = fileURLToPath(new URL('..', import.meta.url));
const PEERS = join(BENCH, 'peers/');
const requirePeer = createRequire(PEERS);
const EVERYWHERE = ['http', 'express', 'fastify'];

/**
 * @typedef {object} Contender
 * @property {string} name
 * @property {string} what How it was set up, and what it does beside metrics of requests.
 * @property {readonly string[]} frameworks Where it can be used.
 * @property {string} [package] What is installed in bench/peers.
 * @property {string} [instrument] A file of bench/instruments that the app loads.
 * @property {(ports: Ports) => Launch} [launch] What its process is started with.
 * @property {(ports: Ports, appPort: number) => string} [scrape] The URL of its metrics; it pushes if it has none.
 * @property {boolean} [isNear] It costs little more than nothing, so that it takes several processes to tell how much.
 * @property {string} [counter] The Prometheus sample that counts requests.
 * @property {string} [dist] Of loadline: the folder that it was built into.
 * @property {boolean} [countsScrapes] Whether scrapes count as requests.
 *
 * @typedef {{ metrics: number, sink: number }} Ports `metrics` is free and the contender's own.
 * @typedef {{ execArgv?: string[], env?: Record<string, string> }} Launch
 */

/** @type {Contender} */
export const BARE = { name: 'bare', what: 'The server alone.', frameworks: EVERYWHERE };

/** @type {Contender} */
export const EMPTY_WORKER = {
  name: 'bare + empty worker thread',
  what: 'The server, and a thread that does nothing.',
  frameworks: EVERYWHERE,
  launch: () => ({ execArgv: ['--require', join(BENCH, 'instruments/empty-worker.cjs')] }),
};

/**
 * @param {string} name
 * @param {string} dist A folder with a built loadline: has `src/register.cjs`.
 * @returns {Contender}
 */
export function loadline(name = 'loadline', dist = join(BENCH, '../lib')) {
  const folder = resolve(dist);
  return {
    name,
    dist: folder,
    what: 'Default settings, under `--require loadline/register`. Runtime, host and process metrics as well.',
    frameworks: EVERYWHERE,
    launch: ({ metrics }) => ({
      execArgv: ['--require', join(folder, 'src/register.cjs')],
      env: {
        OTEL_EXPORTER_PROMETHEUS_PORT: String(metrics),
        // A group of its own: the other servers of the run are no processes of the same service.
        OTEL_SERVICE_NAME: `bench-${metrics}`,
        LOADLINE_LOG: 'warn',
      },
    }),
    scrape: ownPort,
    counter: 'http_server_request_duration_seconds_count',
  };
}

/** @type {readonly Contender[]} */
export const PEER_CONTENDERS = [
  {
    name: 'prom-client',
    package: 'prom-client',
    what: 'By hand, as its README has it: default metrics and one histogram by method, route and status.',
    frameworks: EVERYWHERE,
    instrument: 'prom-client',
    isNear: true,
    scrape: appPort,
    counter: 'http_request_duration_seconds_count',
  },
  {
    name: 'express-prom-bundle',
    package: 'express-prom-bundle',
    what: 'Middleware with default metrics and a histogram by method, route and status.',
    frameworks: ['express'],
    instrument: 'express-prom-bundle',
    isNear: true,
    scrape: appPort,
    counter: 'http_request_duration_seconds_count',
  },
  {
    name: 'fastify-metrics',
    package: 'fastify-metrics',
    what: 'Plugin by its README: default metrics, a histogram and a summary by method, route and status.',
    frameworks: ['fastify'],
    instrument: 'fastify-metrics',
    isNear: true,
    scrape: appPort,
    counter: 'http_request_duration_seconds_count',
  },
  {
    name: 'otel http',
    package: '@opentelemetry/instrumentation-http',
    countsScrapes: true,
    what: 'HttpInstrumentation with a MeterProvider and its Prometheus exporter; no tracer. Knows no routes.',
    frameworks: EVERYWHERE,
    launch: ({ metrics }) => ({
      execArgv: ['--require', join(BENCH, 'instruments/opentelemetry-http.cjs')],
      env: { OTEL_EXPORTER_PROMETHEUS_PORT: String(metrics) },
    }),
    scrape: ownPort,
    counter: 'http_server_request_duration_count',
  },
  {
    name: 'otel auto',
    package: '@opentelemetry/auto-instrumentations-node',
    countsScrapes: true,
    what: 'Under `--require …/register`, traces and logs off by `OTEL_TRACES_EXPORTER=none OTEL_LOGS_EXPORTER=none`, Prometheus exporter. Patches what the app loads (Express and Fastify among it) for traces all the same.',
    frameworks: EVERYWHERE,
    launch: ({ metrics }) => ({
      execArgv: ['--require', requirePeer.resolve('@opentelemetry/auto-instrumentations-node/register')],
      env: {
        OTEL_TRACES_EXPORTER: 'none',
        OTEL_LOGS_EXPORTER: 'none',
        OTEL_METRICS_EXPORTER: 'prometheus',
        // Not those that ask the network what cloud this is.
        OTEL_NODE_RESOURCE_DETECTORS: 'env,host,os,process',
        OTEL_EXPORTER_PROMETHEUS_HOST: '127.0.0.1',
        OTEL_EXPORTER_PROMETHEUS_PORT: String(metrics),
      },
    }),
    scrape: ownPort,
    counter: 'http_server_request_duration_count',
  },
  {
    name: 'elastic-apm-node',
    package: 'elastic-apm-node',
    what: 'Under `--require …/start`. Traces every request and sends it: it has no numbers of requests without.',
    frameworks: EVERYWHERE,
    instrument: 'elastic-apm-node',
    launch: ({ sink }) => ({
      execArgv: ['--require', requirePeer.resolve('elastic-apm-node/start')],
      env: {
        ELASTIC_APM_SERVER_URL: `http://127.0.0.1:${sink}`,
        ELASTIC_APM_SERVICE_NAME: 'bench',
        ELASTIC_APM_CENTRAL_CONFIG: 'false',
        ELASTIC_APM_CLOUD_PROVIDER: 'none',
        ELASTIC_APM_LOG_LEVEL: 'off',
      },
    }),
  },
  {
    name: 'newrelic',
    package: 'newrelic',
    what: 'Under `--require newrelic`. Distributed and transaction traces and logs off; it still makes a transaction of each request and samples events.',
    frameworks: EVERYWHERE,
    instrument: 'newrelic',
    launch: ({ sink }) => ({
      execArgv: ['--require', requirePeer.resolve('newrelic')],
      env: {
        NEW_RELIC_APP_NAME: 'bench',
        NEW_RELIC_LICENSE_KEY: '0'.repeat(40),
        NEW_RELIC_HOST: 'localhost',
        NEW_RELIC_PORT: String(sink),
        NODE_EXTRA_CA_CERTS: join(BENCH, 'lib/localhost-cert.pem'),
        NEW_RELIC_DISTRIBUTED_TRACING_ENABLED: 'false',
        NEW_RELIC_TRACER_ENABLED: 'false',
        NEW_RELIC_SPAN_EVENTS_ENABLED: 'false',
        NEW_RELIC_APPLICATION_LOGGING_ENABLED: 'false',
        NEW_RELIC_LOG_ENABLED: 'false',
        NEW_RELIC_NO_CONFIG_FILE: 'true',
        NEW_RELIC_UTILIZATION_DETECT_AWS: 'false',
        NEW_RELIC_UTILIZATION_DETECT_AZURE: 'false',
        NEW_RELIC_UTILIZATION_DETECT_GCP: 'false',
      },
    }),
  },
  {
    name: 'dd-trace',
    package: 'dd-trace',
    what: 'Under `--require dd-trace/init`, with its request statistics and runtime metrics on and no trace kept (`DD_TRACE_SAMPLE_RATE=0`); it makes spans of each request all the same.',
    frameworks: EVERYWHERE,
    instrument: 'dd-trace',
    launch: ({ sink }) => ({
      execArgv: ['--require', requirePeer.resolve('dd-trace/init')],
      env: {
        DD_TRACE_AGENT_URL: `http://127.0.0.1:${sink}`,
        DD_SERVICE: 'bench',
        DD_TRACE_STATS_COMPUTATION_ENABLED: 'true',
        DD_TRACE_SAMPLE_RATE: '0',
        DD_RUNTIME_METRICS_ENABLED: 'true',
        DD_REMOTE_CONFIGURATION_ENABLED: 'false',
        DD_INSTRUMENTATION_TELEMETRY_ENABLED: 'false',
        DD_TRACE_STARTUP_LOGS: 'false',
      },
    }),
  },
];

/** The version that is installed in bench/peers; undefined when there is none. */
export function installed(name) {
  if (name === undefined) return undefined;
  try {
    return JSON.parse(readFileSync(join(PEERS, 'node_modules', name, 'package.json'), 'utf8')).version;
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function ownPort({ metrics }) {
  return `http://127.0.0.1:${metrics}/metrics`;
}

function appPort(_ports, port) {
  return `http://127.0.0.1:${port}/metrics`;
}
