/** Whether the agent's port can be had: it is free, or the agent of this very service serves there. */
import { connect, createServer } from 'node:net';
import type { Config } from '../config.ts';
import { privateDirectory, socketIn } from '../group/directory.ts';
import { groupName } from '../group/identity.ts';
import type { Finding } from './check.ts';

/** What tells which group a process is of. */
export type PortConfig = Parameters<typeof groupName>[0];

/** What `/health` of an agent says. */
interface Health {
  readonly service: string;
  readonly processes: number;
}

type Verdict = Pick<Finding, 'state' | 'detail'>;

/** ms for an answer. */
const LIMIT = 2000;

/** Listens for a moment; asks who is there where it can't. Never rejects. */
export async function port(config: PortConfig, env: NodeJS.ProcessEnv): Promise<Finding> {
  const { adapters, prometheus } = config;
  const finding = { what: `port ${prometheus.port}`, essential: adapters.includes('prometheus') };
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(prometheus.port, prometheus.host, resolve);
    });
    await new Promise((resolve) => server.close(resolve));
    return { ...finding, state: 'yes', detail: `free on ${prometheus.host}` };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const health = code === 'EADDRINUSE' ? await askAgent(prometheus) : undefined;
    if (health) return { ...finding, ...(await verdictOn(health, config, env)) };
    return { ...finding, state: 'no', detail: `${message}. Set OTEL_EXPORTER_PROMETHEUS_PORT, or end what has it` };
  }
}

/** An agent has the port. Whether processes of this configuration would join it is told by where they would meet. */
async function verdictOn(health: Health, config: PortConfig, env: NodeJS.ProcessEnv): Promise<Verdict> {
  const { service, processes } = health;
  const name = JSON.stringify(service.slice(0, 100));
  if (service !== config.serviceName) {
    const remedy = 'Set OTEL_EXPORTER_PROMETHEUS_PORT, or OTEL_SERVICE_NAME if it is the same service';
    return { state: 'no', detail: `an agent of loadline has it, of the service ${name}. ${remedy}` };
  }
  const count = processes === 1 ? '1 process' : `${processes} processes`;
  const serves = `an agent of loadline serves here: ${urlOf(config.prometheus)}/metrics, ${count}`;
  const group = groupName(config, undefined, env);
  if (group === undefined) {
    const remedy = 'Any other app needs OTEL_SERVICE_NAME and a port of its own';
    return { state: 'yes', detail: `${serves} of a service without a name. ${remedy}` };
  }
  if (await meets(group, env)) return { state: 'yes', detail: `${serves} of this service` };
  const remedy = 'Give all of them the same user, adapters, OTEL_* and LOADLINE_* variables, and folder to meet in';
  return {
    state: 'no',
    detail: `an agent of loadline has it, of processes of ${name} that others can't join. ${remedy}`,
  };
}

/** Undefined: nobody answers, or it is no agent. */
async function askAgent(prometheus: Config['prometheus']): Promise<Health | undefined> {
  try {
    const response = await fetch(`${urlOf(prometheus)}/health`, {
      redirect: 'error',
      signal: AbortSignal.timeout(LIMIT),
    });
    const { agent, service, processes } = (await response.json()) as Record<string, unknown>;
    const isAgent = agent === 'loadline' && typeof service === 'string' && Number.isSafeInteger(processes);
    return isAgent ? { service, processes: processes as number } : undefined;
  } catch {
    // Something else, or nothing that answers: the port is taken, and that is all there is to say.
    return undefined;
  }
}

/** An address that stands for all of this machine is asked on loopback. */
function urlOf({ host, port }: Config['prometheus']): string {
  const name = { '0.0.0.0': '127.0.0.1', '::': '::1' }[host] ?? host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}

/** Whether somebody leads the group. */
function meets(name: string, env: NodeJS.ProcessEnv): Promise<boolean> {
  const directory = privateDirectory(env);
  if ('problem' in directory) return Promise.resolve(false);
  return new Promise((resolve) => {
    const socket = connect(socketIn(directory.path, name));
    socket.setTimeout(LIMIT, () => socket.destroy());
    socket.once('connect', () => {
      resolve(true);
      socket.destroy();
    });
    socket.on('error', () => socket.destroy());
    socket.once('close', () => resolve(false));
  });
}
