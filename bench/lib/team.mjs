import { setTimeout as sleep } from 'node:timers/promises';
import { total } from './per-request.mjs';
import { Server } from './server.mjs';

/** Same for all: the load has no more in flight. */
const CONNECTIONS = 16;

/** A server of one contender, and the load for it. */
export class Team {
  #load;
  /** Requests that its server has answered. */
  sent = 0;

  constructor(contender, server, paths, load) {
    this.contender = contender;
    this.server = server;
    this.paths = paths;
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
    const paths = this.paths.slice(0, routes);
    const found = await this.#load.ask({ port: this.server.port, connections: CONNECTIONS, paths, ...order });
    this.sent += found.requests;
    return found;
  }

  /**
   * Load to several servers by turns in random order, and the CPU time that each took for it.
   *
   * @param {readonly Team[]} teams of one context
   * @param {{ rounds: number, milliseconds: number, routes?: number, scrapeEach?: number }} order `rounds`: turns of
   *   `milliseconds` that each has; `scrapeEach`: so many of them have one scrape among them
   * @returns {Promise<Map<Team, import('./turns.mjs').Turn[]>>} in the order of `teams`
   */
  static async takeTurns(teams, { routes, ...order }) {
    const servers = teams.map(({ server, paths }) => ({
      port: server.port,
      pid: server.child.pid,
      paths: paths.slice(0, routes),
      scrapeUrl: server.scrapeUrl,
    }));
    const turns = await teams[0].#load.ask({ servers, connections: CONNECTIONS, ...order });
    for (const [i, team] of teams.entries()) {
      team.sent += total(turns[i], 'requests');
      if (servers[i].scrapeUrl) team.server.scrapes += turns[i].filter(({ scraped }) => scraped).length;
    }
    return new Map(teams.map((team, i) => [team, turns[i]]));
  }

  end() {
    return this.server.end();
  }
}

/** Whether it sends its numbers somewhere. */
function pushes({ scrape, instrument }) {
  return scrape === undefined && instrument !== undefined;
}
