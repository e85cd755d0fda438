/** Starts the shop under the agent as a child process, and ends it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const REGISTER = fileURLToPath(new URL('../../src/register.cjs', import.meta.url));
const MAIN = fileURLToPath(new URL('../shop/main.js', import.meta.url));

/** Where Prometheus expects exporters of OpenTelemetry. */
export const USUAL_PORT = 9464;

export interface Shop {
  readonly metrics: string;
  /** The page to open in a browser. */
  readonly dashboard: string;
  /** Resolves with the shop's URL; stays pending when it never listens. */
  readonly listening: Promise<string>;
  /** Resolves when the process ended, with words that say how. */
  readonly ended: Promise<string>;
  /** SIGTERM, and SIGKILL 5 s later. Resolves when the process ended. */
  stop(): Promise<void>;
}

/** Its /metrics will be on `metricsPort`. `main` and `preload` are scripts; defaults: the built shop and agent. */
export function startShop(metricsPort: number, main = MAIN, preload = REGISTER): Shop {
  const child = spawn(process.execPath, ['--require', preload, main], {
    env: environment(metricsPort),
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    detached: true, // Ctrl-C is for the demo, which then asks the shop for its last numbers.
  });
  const ended = end(child);
  return {
    metrics: `http://127.0.0.1:${metricsPort}/metrics`,
    dashboard: `http://127.0.0.1:${metricsPort}/`,
    listening: listening(child),
    ended,
    stop: () => stop(child, ended),
  };
}

function listening(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    createInterface({ input: child.stdout! }).on('line', (line) => {
      const match = /^listening on (http:\S+)/.exec(line);
      if (match) resolve(match[1]!);
    });
  });
}

/** The usual port when nobody has it, else any free one. */
export async function freePort(wanted = USUAL_PORT): Promise<number> {
  return (await tryPort(wanted)) ?? (await tryPort(0))!;
}

async function tryPort(port: number): Promise<number | undefined> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (error) {
    if (port !== 0) return undefined;
    throw error;
  }
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : undefined;
}

function environment(metricsPort: number): NodeJS.ProcessEnv {
  return {
    ...process.env,
    HOST: '127.0.0.1',
    PORT: '0',
    OTEL_SDK_DISABLED: 'false',
    OTEL_SERVICE_NAME: 'shop',
    OTEL_METRICS_EXPORTER: 'prometheus',
    OTEL_EXPORTER_PROMETHEUS_HOST: '127.0.0.1',
    OTEL_EXPORTER_PROMETHEUS_PORT: String(metricsPort),
  };
}

async function end(child: ChildProcess): Promise<string> {
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  return signal ? `was ended by ${signal}` : `ended with exit code ${code}`;
}

async function stop(child: ChildProcess, ended: Promise<string>): Promise<void> {
  child.kill('SIGTERM');
  const force = setTimeout(() => child.kill('SIGKILL'), 5000);
  await ended;
  clearTimeout(force);
}
