import { setTimeout as sleep } from 'node:timers/promises';
import { Server } from './server.mjs';

/** Same for all: the load has no more in flight. */
const CONNECTIONS = 16;

/**
 * The servers of one contender. Of more than one, each has its shift: what one process has by luck (the layout of its heap,
 * what the compiler chose) is then not taken for what the contender costs.
 */
export class Team {
  #servers;
  #sent;
  #paths;
  #load;
  #server;

  constructor(contender, servers, paths, load) {
    this.contender = contender;
    this.#servers = servers;
    this.#server = servers[0];
    this.#paths = paths;
    this.#load = load;
    this.#sent = new Map(servers.map((server) => [server, 0]));
  }

  /**
   * @param {import('./contenders.mjs').Contender} contender
   * @param {import('./context.mjs').Context} context
   * @param {{ framework: string, routes: number, size?: number, execArgv?: string[] }} options
   */
  static async start(contender, context, { framework, routes, size = 1, execArgv }) {
    const paths = Array.from({ length: routes }, (_, i) => `/r${i}/7`);
    const servers = [];
    while (servers.length < size) {
      const port = pushes(contender) ? await context.sink.ask({ open: contender.name }) : undefined;
      servers.push(
        await Server.start(contender, { framework, routes, node: context.options.node, sink: port, execArgv }),
      );
    }
    for (const server of servers) while (!(await server.child.ask({ ask: 'ready' }))) await sleep(50);
    return new Team(contender, servers, paths, context.load);
  }

  get servers() {
    return this.#servers;
  }

  /** Requests that a server has answered. */
  sentTo(server) {
    return this.#sent.get(server);
  }

  /** The load's answer for one order to one server. */
  async request(server, order) {
    const found = await this.#load.ask({ port: server.port, connections: CONNECTIONS, paths: this.#paths, ...order });
    this.#sent.set(server, this.#sent.get(server) + found.requests);
    return found;
  }

  /** A server's shift begins: it has the turns from now on. Its code is compiled after so many `requests`. */
  async begin(shift, requests) {
    this.#server = this.#servers[shift % this.#servers.length];
    if (this.sentTo(this.#server) < requests) await this.request(this.#server, { requests });
  }

  /**
   * Load to one server, and the CPU time it took, in µs.
   *
   * @param {{ milliseconds: number, rate?: number, scrape?: boolean }} order `scrape`: once, in the middle
   */
  async turn({ scrape = false, ...order }) {
    const server = this.#server;
    const before = await server.cpu();
    const scraped = scrape && server.scrapeUrl ? sleep(order.milliseconds / 2).then(() => server.scrape()) : undefined;
    const [found] = await Promise.all([this.request(server, order), scraped]);
    return { ...found, cpu: (await server.cpu()) - before };
  }

  async end() {
    await Promise.all(this.#servers.map((server) => server.end()));
  }
}

/** Whether it sends its numbers somewhere. */
function pushes({ scrape, instrument }) {
  return scrape === undefined && instrument !== undefined;
}
