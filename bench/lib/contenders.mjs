/** Who is measured, and how each is switched on. */
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const BENCH = fileURLToPath(new URL('..', import.meta.url));

/**
 * @typedef {object} Contender
 * @property {string} name
 * @property {string} what What it does beside metrics of requests, and how it was set up.
 * @property {readonly string[]} frameworks Where it can be used.
 * @property {string} [instrument] A file of `bench/instruments` that the app's own code loads.
 * @property {(ports: Ports) => { execArgv?: string[], env?: object }} [launch] What the process is started with.
 * @property {(ports: Ports, appPort: number) => string} [scrape] The URL of its metrics.
 *
 * @typedef {{ metrics: number, sink: number }} Ports `metrics` is free and the contender's own.
 */

const EVERYWHERE = ['http', 'express', 'fastify'];

/** @type {Contender} */
export const BARE = { name: 'bare', what: 'The server alone.', frameworks: EVERYWHERE };

/**
 * @param {string} name
 * @param {string} dist A folder with a built loadline: has `src/register.cjs`.
 * @returns {Contender}
 */
export function loadline(name = 'loadline', dist = join(BENCH, '../dist')) {
  return {
    name,
    what: 'Default settings, under `--require loadline/register`.',
    frameworks: EVERYWHERE,
    launch: ({ metrics }) => ({
      execArgv: ['--require', join(resolve(dist), 'src/register.cjs')],
      env: {
        OTEL_EXPORTER_PROMETHEUS_PORT: String(metrics),
        // A group of its own: the other servers of the run are no processes of the same service.
        OTEL_SERVICE_NAME: `bench-${metrics}`,
        LOADLINE_LOG: 'warn',
      },
    }),
    scrape: ({ metrics }) => `http://127.0.0.1:${metrics}/metrics`,
  };
}
