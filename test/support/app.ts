/** A fixture app under the preload, on free ports. */
import { fileURLToPath } from 'node:url';
import { type Child, launch, type Owner, temporaryFolder } from './child.ts';
import { type Metrics, readMetrics } from './metrics-text.ts';
import { accepts, freePort } from './ports.ts';

const PRELOAD = fileURLToPath(new URL('../../src/register.cjs', import.meta.url));

export interface App extends Child {
  readonly port: number;
  readonly url: string;
  readonly metricsPort: number;
  /** The text of `/metrics`. `accept`: of the request. */
  scrape(accept?: string): Promise<string>;
  metrics(): Promise<Metrics>;
}

/** `fixture`: a file of `test/fixtures` without its ending, which listens on `PORT` of loopback. */
export async function startApp(owner: Owner, fixture: string, env: NodeJS.ProcessEnv = {}): Promise<App> {
  return startFile(owner, fixture, new URL(`../fixtures/${fixture}.js`, import.meta.url), env);
}

/** `example`: a folder of `examples`, likewise. */
export async function startExampleApp(owner: Owner, example: string, env: NodeJS.ProcessEnv = {}): Promise<App> {
  return startFile(owner, example, new URL(`../../examples/${example}/main.js`, import.meta.url), env);
}

async function startFile(owner: Owner, name: string, file: URL, env: NodeJS.ProcessEnv): Promise<App> {
  const port = await freePort();
  const metricsPort = Number(env.OTEL_EXPORTER_PROMETHEUS_PORT ?? (await freePort()));
  const child = await launch(owner, {
    name,
    command: process.execPath,
    args: ['--require', PRELOAD, fileURLToPath(file)],
    folder: temporaryFolder(name),
    env: { ...process.env, PORT: String(port), OTEL_EXPORTER_PROMETHEUS_PORT: String(metricsPort), ...env },
    ready: async () => (await accepts(port)) && (await accepts(metricsPort)),
  });
  const scrape = (accept = 'text/plain') => textOf(`http://127.0.0.1:${metricsPort}/metrics`, accept);
  const metrics = async () => readMetrics(await scrape());
  return { ...child, port, url: `http://127.0.0.1:${port}`, metricsPort, scrape, metrics };
}

async function textOf(url: string, accept: string): Promise<string> {
  const response = await fetch(url, { headers: { accept } });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${url}: ${response.status} ${text}`);
  return text;
}
