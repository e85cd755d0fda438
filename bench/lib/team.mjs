import { setTimeout as sleep } from 'node:timers/promises';
import { Server } from './server.mjs';

/** Same for all: the load has no more in flight. */
const CONNECTIONS = 16;

/** A server of one contender, and the load for it. */
export class Team {
  #paths;
  #load;
  /** Requests that its server has answered. */
  sent = 0;

  constructor(contender, server, paths, load) {
    this.contender = contender;
    this.server = server;
    this.#paths = paths;
    this.#load = load;
  }

  /**
   * @param {import('./contenders.mjs').Contender} contender
   * @param {import('./context.mjs').Context} context
   * @param {{ framework: string, routes: number, execArgv?: string[] }} options
   */
  static async start(contender, context, { framework, routes, execArgv }) {
    const paths = Array.from({ length: routes }, (_, i) => `/r${i}/7`);
    const sink = pushes(contender) ? await context.sink.ask({ open: contender.name }) : undefined;
    const server = await Server.start(contender, { framework, routes, node: context.options.node, sink, execArgv });
    while (!(await server.child.ask({ ask: 'ready' }))) await sleep(50);
    return new Team(contender, server, paths, context.load);
  }

  /** The load's answer for one order. `routes`: how many of them are asked; default: all. */
  async request({ routes, ...order }) {
    const paths = this.#paths.slice(0, routes);
    const found = await this.#load.ask({ port: this.server.port, connections: CONNECTIONS, paths, ...order });
    this.sent += found.requests;
    return found;
  }

  /**
   * Load to the server, and the CPU time it took, in µs.
   *
   * @param {{ milliseconds: number, routes?: number, rate?: number, scrape?: boolean }} order `scrape`: once, in the middle
   */
  async turn({ scrape = false, ...order }) {
    const { server } = this;
    const before = await server.cpu();
    const scraped = scrape && server.scrapeUrl ? sleep(order.milliseconds / 2).then(() => server.scrape()) : undefined;
    const [found] = await Promise.all([this.request(order), scraped]);
    return { ...found, cpu: (await server.cpu()) - before };
  }

  end() {
    return this.server.end();
  }
}

/** Whether it sends its numbers somewhere. */
function pushes({ scrape, instrument }) {
  return scrape === undefined && instrument !== undefined;
}
