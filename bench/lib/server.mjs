import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Child } from './child.mjs';

const APP = fileURLToPath(new URL('../apps/server.cjs', import.meta.url));

/** ms until an agent serves. */
const PATIENCE = 10_000;

/** A server under one contender, in a process of its own. */
export class Server {
  /** @param {import('./contenders.mjs').Contender} contender */
  constructor(contender, child, ports) {
    this.contender = contender;
    this.child = child;
    this.ports = ports;
    this.port = 0;
    /** Scrapes that it has answered. */
    this.scrapes = 0;
  }

  /**
   * Resolves once it listens.
   *
   * @param {import('./contenders.mjs').Contender} contender
   * @param {{ framework: string, routes?: number, node?: string, sink?: number, metrics?: number,
   *   execArgv?: string[] }} options `metrics`: the port of its metrics, instead of one of its own
   */
  static async start(contender, { framework, routes = 1, node, sink = 9, metrics, execArgv = [] }) {
    const ports = { metrics: metrics ?? (await freePort()), sink };
    const launch = contender.launch?.(ports) ?? {};
    const child = new Child(APP, {
      node,
      execArgv: [...execArgv, ...(launch.execArgv ?? [])],
      env: {
        ...launch.env,
        BENCH_FRAMEWORK: framework,
        BENCH_ROUTES: String(routes),
        BENCH_INSTRUMENT: contender.instrument ?? '',
      },
    });
    const server = new Server(contender, child, ports);
    server.port = await child.ask({ ask: 'port' });
    return server;
  }

  get scrapeUrl() {
    return this.contender.scrape?.(this.ports, this.port);
  }

  /** µs of CPU of all its threads since it was started. */
  async cpu() {
    const { user, system } = await this.child.ask({ ask: 'cpu' });
    return user + system;
  }

  /** Its metrics, as text. */
  async scrape() {
    const response = await this.#answer();
    const text = await response.text();
    if (!response.ok) throw new Error(`${this.contender.name} answered a scrape with ${response.status}: ${text}`);
    this.scrapes++;
    return text;
  }

  /** An agent may begin to serve after its app. */
  async #answer() {
    for (const end = performance.now() + PATIENCE; ; await sleep(50)) {
      try {
        return await fetch(this.scrapeUrl);
      } catch (error) {
        if (error.cause?.code !== 'ECONNREFUSED' || performance.now() > end) throw error;
      }
    }
  }

  end() {
    return this.child.end();
  }
}

/** A TCP port that nobody listens on at this moment. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
