/** Every setting, once: its two names, its kind, its default. `docs/configuration.md` is compared with this table. */
import type { AdapterEntry, Aggregate, BridgeName, LogLevel } from '../config.ts';
import type { Attributes } from '../snapshot/metric.ts';
import { adaptersKind } from './adapters.ts';
import { choice, isHost, isToken, type Kind, list, onOff, secret, switchedOff, text, whole } from './kinds.ts';
import { type Bounds, boundsKind, merge, resourceKind } from './maps.ts';

export interface Setting<T> {
  readonly env: string;
  readonly kind: Kind<T>;
  readonly fallback: T;
  /** A valid text of the environment variable. */
  readonly example: string;
  /** For maps: both sources count, and the option wins per key. Default: the option alone counts. */
  merge?(fromEnv: T, fromOption: T): T;
}

/** Keeps the type of one setting while the table keeps its keys. */
function setting<T>(each: Setting<T>): Setting<T> {
  return each;
}

/** Longest delay of a Node.js timer is 2^31 - 1 ms; a day is the round number below it. */
const DAY = 86_400_000;

const isRoute = (item: string) => item.startsWith('/') && !/\s/.test(item);
const QUEUE_HEADERS = Object.freeze(['x-request-start', 'x-queue-start']);
const BRIDGES: readonly BridgeName[] = ['prom-client', 'opentelemetry'];
const isBridge = (item: string) => (BRIDGES as readonly string[]).includes(item.toLowerCase());
const AGGREGATES: readonly Aggregate[] = ['sum', 'worker'];
const LEVELS: readonly LogLevel[] = ['info', 'warn', 'silent'];

/** Keyed by the path of the option in `Options`. */
export const SETTINGS = Object.freeze({
  enabled: setting({ env: 'OTEL_SDK_DISABLED', kind: switchedOff, fallback: true, example: 'true' }),
  serviceName: setting({
    env: 'OTEL_SERVICE_NAME',
    kind: text('a text that is not empty', (value) => value.trim() !== ''),
    fallback: 'unknown_service:node',
    example: 'shop',
  }),
  resource: setting<Attributes>({
    env: 'OTEL_RESOURCE_ATTRIBUTES',
    kind: resourceKind,
    fallback: merge({}, {}),
    example: 'deployment.environment.name=staging,team=web%20shop',
    merge,
  }),
  adapters: setting<readonly AdapterEntry[]>({
    env: 'OTEL_METRICS_EXPORTER',
    kind: adaptersKind,
    fallback: Object.freeze(['prometheus'] as const),
    example: 'none',
  }),
  'prometheus.host': setting({
    env: 'OTEL_EXPORTER_PROMETHEUS_HOST',
    kind: text('a host name or IP address, without brackets and port', isHost),
    fallback: '127.0.0.1',
    example: '0.0.0.0',
  }),
  'prometheus.port': setting({
    env: 'OTEL_EXPORTER_PROMETHEUS_PORT',
    kind: whole(0, 65_535),
    fallback: 9464,
    example: '9100',
  }),
  exportInterval: setting({
    env: 'OTEL_METRIC_EXPORT_INTERVAL',
    kind: whole(100, DAY, 'of milliseconds '),
    fallback: 60_000,
    example: '10000',
  }),
  exitFlush: setting({
    env: 'LOADLINE_EXIT_FLUSH',
    kind: whole(0, 10_000, 'of milliseconds '),
    fallback: 500,
    example: '2000',
  }),
  queueHeaders: setting<readonly string[]>({
    env: 'LOADLINE_QUEUE_HEADERS',
    kind: list('a list of HTTP header names', isToken, (name) => name.toLowerCase(), Object.freeze([])),
    fallback: QUEUE_HEADERS,
    example: 'x-request-start',
  }),
  ignoreRoutes: setting<readonly string[]>({
    env: 'LOADLINE_IGNORE_ROUTES',
    kind: list('a list of routes that begin with / and hold no space', isRoute),
    fallback: Object.freeze([]),
    example: '/health,/internal/*',
  }),
  bounds: setting<Bounds>({
    env: 'LOADLINE_BOUNDS',
    kind: boundsKind,
    fallback: merge({}, {}),
    example: 'http.server.request.duration=0.01,0.1,1;loadline.http.queue.duration=0.001,0.01',
    merge,
  }),
  samplerTimeout: setting({
    env: 'LOADLINE_SAMPLER_TIMEOUT',
    kind: whole(10, 60_000, 'of milliseconds '),
    fallback: 1000,
    example: '250',
  }),
  seriesLimit: setting({
    env: 'LOADLINE_SERIES_LIMIT',
    kind: whole(1, 100_000),
    fallback: 2000,
    example: '500',
  }),
  bridges: setting<readonly BridgeName[]>({
    env: 'LOADLINE_BRIDGES',
    kind: list(`a list of ${BRIDGES.join(', ')}`, isBridge, (name) => name.toLowerCase()) as Kind<
      readonly BridgeName[]
    >,
    fallback: Object.freeze([]),
    example: 'prom-client,opentelemetry',
  }),
  stallThreshold: setting({
    env: 'LOADLINE_STALL_THRESHOLD',
    kind: whole(100, 60_000, 'of milliseconds '),
    fallback: 500,
    example: '1000',
  }),
  stallStacks: setting({ env: 'LOADLINE_STALL_STACKS', kind: onOff, fallback: true, example: '0' }),
  slowRequest: setting({
    env: 'LOADLINE_SLOW_REQUEST',
    kind: whole(100, DAY, 'of milliseconds '),
    fallback: 10_000,
    example: '30000',
  }),
  token: setting({ env: 'LOADLINE_TOKEN', kind: secret, fallback: '', example: 'c2VjcmV0LXRva2Vu' }),
  aggregate: setting<Aggregate>({
    env: 'LOADLINE_AGGREGATE',
    kind: choice(AGGREGATES),
    fallback: 'sum',
    example: 'worker',
  }),
  log: setting<LogLevel>({ env: 'LOADLINE_LOG', kind: choice(LEVELS), fallback: 'info', example: 'warn' }),
});

/** The path of an option. */
export type OptionPath = keyof typeof SETTINGS;
