/** Whether each destination that is pushed to can be reached: name, TCP and TLS. Nothing is sent to it. */
import { lookup } from 'node:dns/promises';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { reasonOf } from '../errors.ts';
import type { Finding } from './check.ts';

/** ms for one destination. */
const LIMIT = 3000;

export interface Destination {
  readonly adapter: string;
  readonly url: string;
  /** What sets it. */
  readonly variable: string;
}

type Environment = NodeJS.ProcessEnv;

const PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443, 'tcp:': 2003, 'tls:': 2003 };

/** Where each configured adapter pushes to, as the environment says. Pure. */
export function destinationsOf(adapters: readonly unknown[], env: Environment): Destination[] {
  const all: readonly Destination[] = [
    given('graphite', env, ['LOADLINE_GRAPHITE_URL'], 'tcp://127.0.0.1:2003'),
    otlp(env),
    given('pushgateway', env, ['LOADLINE_PUSHGATEWAY_URL'], 'http://127.0.0.1:9091'),
  ];
  return all.filter(({ adapter }) => adapters.includes(adapter));
}

function otlp(env: Environment): Destination {
  const names = ['OTEL_EXPORTER_OTLP_METRICS_ENDPOINT', 'OTEL_EXPORTER_OTLP_ENDPOINT'];
  const protocol = env.OTEL_EXPORTER_OTLP_METRICS_PROTOCOL || env.OTEL_EXPORTER_OTLP_PROTOCOL;
  return given('otlp', env, names, `http://localhost:${protocol === 'grpc' ? 4317 : 4318}`);
}

function given(adapter: string, env: Environment, names: readonly string[], fallback: string): Destination {
  const variable = names.find((name) => env[name]?.trim()) ?? names.at(-1)!;
  return { adapter, url: env[variable]?.trim() || fallback, variable };
}

/** One line each. Never rejects. */
export function reach(destinations: readonly Destination[]): Promise<Finding[]> {
  return Promise.all(
    destinations.map(async ({ adapter, url, variable }): Promise<Finding> => {
      const finding = { what: `destination ${adapter}`, essential: true };
      try {
        return { ...finding, state: 'yes', detail: await connectTo(url) };
      } catch (error) {
        const detail = `${withoutSecret(url)}: ${reasonOf(error)}. Start it, or correct ${variable}`;
        return { ...finding, state: 'no', detail };
      }
    }),
  );
}

async function connectTo(text: string): Promise<string> {
  const url = new URL(text.includes('://') ? text : `tcp://${text}`);
  const usual = PORTS[url.protocol];
  if (usual === undefined) throw new Error(`${url.protocol} is none of http, https, tcp, tls`);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = Number(url.port) || usual;
  const { address } = await lookup(host);
  const isTls = url.protocol === 'https:' || url.protocol === 'tls:';
  await opened(isTls ? connectTls({ host, port, servername: host }) : connect({ host, port }), isTls);
  return `${withoutSecret(text)} takes ${isTls ? 'TLS' : 'TCP'} connections (${address} port ${port})`;
}

function opened(socket: Socket, isTls: boolean): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    socket.setTimeout(LIMIT, () => reject(new Error(`no answer within ${LIMIT} ms`)));
    socket.once('error', reject);
    socket.once(isTls ? 'secureConnect' : 'connect', resolve);
  }).finally(() => socket.destroy());
}

/** Without what may be a password. */
function withoutSecret(url: string): string {
  return url.replace(/\/\/[^/@]*@/, '//').replace(/\?.*$/, '');
}
