/** Whether each destination that is pushed to can be reached: name, TCP and TLS. Nothing is sent to it. */
import { lookup } from 'node:dns/promises';
import { connect } from 'node:net';
import { reasonOf } from '../errors.ts';
import type { Finding } from './check.ts';
import { Problem } from './problem.ts';
import { connectSecurely, opened, type TlsSettings } from './tls.ts';

export interface Destination {
  readonly adapter: string;
  readonly url: string;
  /** What sets it. */
  readonly variable: string;
  /** What the URL may begin with. An address without a scheme counts as the first one, where `bare` allows it. */
  readonly schemes: readonly string[];
  readonly bare?: boolean;
  readonly tls?: TlsSettings;
}

type Environment = NodeJS.ProcessEnv;

const PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443, 'tcp:': 2003 };
const HTTP = ['http:', 'https:'];

/** Where each configured adapter pushes to, as the environment says. Pure. */
export function destinationsOf(adapters: readonly unknown[], env: Environment): Destination[] {
  const all: readonly Destination[] = [
    given('graphite', env, ['LOADLINE_GRAPHITE_URL'], 'tcp://127.0.0.1:2003', { schemes: ['tcp:'] }),
    otlp(env),
    given('pushgateway', env, ['LOADLINE_PUSHGATEWAY_URL'], 'http://127.0.0.1:9091', { schemes: HTTP }),
  ];
  return all.filter(({ adapter }) => adapters.includes(adapter));
}

function otlp(env: Environment): Destination {
  const find = (name: string) => {
    const names = [`OTEL_EXPORTER_OTLP_METRICS_${name}`, `OTEL_EXPORTER_OTLP_${name}`];
    const variable = firstSet(env, names);
    return variable === undefined ? undefined : { variable, path: env[variable]!.trim() };
  };
  const isGrpc = find('PROTOCOL')?.path.toLowerCase() === 'grpc';
  const names = ['OTEL_EXPORTER_OTLP_METRICS_ENDPOINT', 'OTEL_EXPORTER_OTLP_ENDPOINT'];
  return given('otlp', env, names, `http://localhost:${isGrpc ? 4317 : 4318}`, {
    schemes: HTTP,
    bare: isGrpc,
    tls: {
      prefix: 'OTEL_EXPORTER_OTLP_',
      protocol: isGrpc ? 'h2' : 'http/1.1',
      ca: find('CERTIFICATE'),
      cert: find('CLIENT_CERTIFICATE'),
      key: find('CLIENT_KEY'),
    },
  });
}

function given(
  adapter: string,
  env: Environment,
  names: readonly string[],
  fallback: string,
  rest: Pick<Destination, 'schemes' | 'bare' | 'tls'>,
): Destination {
  const variable = firstSet(env, names);
  return { adapter, url: variable ? env[variable]!.trim() : fallback, variable: variable ?? names.at(-1)!, ...rest };
}

function firstSet(env: Environment, names: readonly string[]): string | undefined {
  return names.find((name) => env[name]?.trim());
}

/** One line each. Never rejects. */
export function reach(destinations: readonly Destination[]): Promise<Finding[]> {
  return Promise.all(
    destinations.map(async (destination): Promise<Finding> => {
      const { adapter, url, variable } = destination;
      const finding = { what: `destination ${adapter}`, essential: true };
      try {
        return { ...finding, state: 'yes', detail: await connectTo(destination) };
      } catch (error) {
        const remedy = error instanceof Problem ? error.remedy : `Start it, or correct ${variable}`;
        return { ...finding, state: 'no', detail: `${withoutSecret(url)}: ${reasonOf(error)}. ${remedy}` };
      }
    }),
  );
}

async function connectTo({ url: text, schemes, bare, tls, variable }: Destination): Promise<string> {
  const url = read(bare && !text.includes('://') ? `${schemes[0]}//${text}` : text);
  if (url === undefined || !schemes.includes(url.protocol)) {
    const remedy = `Correct ${variable}: it begins with ${schemes.map((scheme) => `${scheme}//`).join(' or ')}`;
    throw new Problem(url ? `${url.protocol} is none of ${schemes.join(', ')}` : 'this is no URL', remedy);
  }
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = Number(url.port) || PORTS[url.protocol]!;
  const { address } = await lookup(host);
  const isTls = url.protocol === 'https:';
  if (isTls) await connectSecurely({ host, port, variable, settings: tls });
  else await opened(connect({ host, port }), 'connect');
  return `${withoutSecret(text)} takes ${isTls ? 'TLS' : 'TCP'} connections (${address} port ${port})`;
}

function read(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

/** Without what may be a password. */
function withoutSecret(url: string): string {
  return url.replace(/\/\/[^/@]*@/, '//').replace(/\?.*$/, '');
}
