/** The server of a reporter on its port: how it is had, what is said about it. */
import { isatty } from 'node:tty';
import { now, timers } from '../clock.ts';
import type { Config } from '../config.ts';
import { describe, reasonOf } from '../errors.ts';
import { isContainer } from '../host/container.ts';
import type { Log } from '../log.ts';
import { createReporterServer, type ReporterServer, type ReporterServerOptions } from './server.ts';

/** ms between two tries at a port that is taken. */
const PAUSE = 50;

export interface Serving {
  readonly url: string;
  readonly server: ReporterServer;
}

export interface ServeOptions extends Pick<ReporterServerOptions, 'routes' | 'guarded'> {
  readonly config: Config;
  readonly log: Log;
  /** ms for which a port that is taken is tried again. */
  readonly patience: number;
}

/** Undefined when the port can't be had, which is said. Never rejects. */
export async function serve({ config, routes, guarded, log, patience }: ServeOptions): Promise<Serving | undefined> {
  const { host, port } = config.prometheus;
  try {
    const options = { host, port, routes, guarded, token: config.token, log: log.warn };
    const serving = await listen(options, now() + patience);
    sayWhere(serving.url, config, log);
    return serving;
  } catch (error) {
    log.warn(describeListenError(error as NodeJS.ErrnoException, config));
    return undefined;
  }
}

/** A port that is taken is tried again until then (ms, monotonic). Rejects with the last error. */
async function listen(options: ReporterServerOptions, until: number): Promise<Serving> {
  const server = createReporterServer(options);
  try {
    return { url: (await server.listen()).url, server };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || now() > until) throw error;
  }
  await new Promise((resolve) => timers.setTimeout(resolve, PAUSE));
  return listen(options, until);
}

/** People at a terminal are told where to look; what a service writes to stderr stays as it is without the agent. */
function sayWhere(url: string, { prometheus }: Config, log: Log): void {
  if (prometheus.hostIsDefault && isContainer()) {
    log.warn(describe('ERR_LOADLINE_CONTAINER', { host: prometheus.host, port: new URL(url).port }));
  } else if (isatty(2)) {
    log.info(`dashboard at ${url}/, metrics at ${url}/metrics`);
  }
}

function describeListenError(
  error: NodeJS.ErrnoException,
  { prometheus: { host: name, port: number } }: Config,
): string {
  const params = { host: name, port: number };
  if (error.code === 'EADDRINUSE') return describe('ERR_LOADLINE_PORT_IN_USE', params);
  if (error.code === 'EACCES') return describe('ERR_LOADLINE_PORT_FORBIDDEN', params);
  return describe('ERR_LOADLINE_ADDRESS', { host: name, reason: reasonOf(error) });
}
