/** What users may set, and the one pure function that turns it into a configuration. */
import { passedOptions } from './config/adapters.ts';
import { merge } from './config/maps.ts';
import { copyEnvironment, flatten } from './config/names.ts';
import { read, readPassed, type Source } from './config/read.ts';
import { SETTINGS } from './config/settings.ts';
import type { Attributes } from './snapshot/metric.ts';

/** A destination that this version has. */
export type AdapterName = 'prometheus' | 'graphite' | 'otlp' | 'pushgateway';

/** A destination of anybody: a module whose default export makes an adapter (`docs/writing-an-adapter.md`). */
export interface AdapterModule {
  /** Package name, absolute path, `file:` URL, or a path from the folder of the app's main script. */
  readonly module: string;
  /** What the module's factory is given: anything that `structuredClone` takes. Default: `{}`. */
  readonly options?: unknown;
}

export type AdapterEntry = AdapterName | AdapterModule;

/** A metrics library whose own metrics the agent shows. */
export type BridgeName = 'prom-client' | 'opentelemetry';

/** Whether numbers of several processes of one service are added up, or told apart by `loadline.worker`. */
export type Aggregate = 'sum' | 'worker';

/** How much loadline says on stderr: `warn` leaves out what is not a warning, `silent` leaves out everything. */
export type LogLevel = 'info' | 'warn' | 'silent';

/** What `start(options)` takes. Everything is optional; an option wins over its environment variable. */
export interface Options {
  /**
   * Whether the agent runs at all. `OTEL_SDK_DISABLED=true` is `false` here.
   * @default true
   * @example false
   */
  readonly enabled?: boolean;
  /**
   * The name of this service in every dashboard (`service.name`), a non-empty text. `OTEL_SERVICE_NAME`, else
   * `service.name` of `resource` or `OTEL_RESOURCE_ATTRIBUTES`.
   * @default 'unknown_service:node'
   * @example 'shop'
   */
  readonly serviceName?: string;
  /**
   * What else is known of this process, as OpenTelemetry resource attributes: texts, finite numbers or booleans.
   * Added to those of `OTEL_RESOURCE_ATTRIBUTES`; on the same key the option wins.
   * @default {}
   * @example { 'deployment.environment.name': 'staging' }
   */
  readonly resource?: Attributes;
  /**
   * Where metrics go; an empty list collects without a destination. `OTEL_METRICS_EXPORTER` (names only).
   * @default ['prometheus']
   * @example ['prometheus', { module: 'my-adapter', options: { url: 'http://127.0.0.1:8086' } }]
   */
  readonly adapters?: readonly AdapterEntry[];
  /**
   * Options of the `graphite` adapter, which checks them itself; anything that `structuredClone` takes.
   * @default {}
   * @example { url: 'tcp://127.0.0.1:2003' }
   */
  readonly graphite?: object;
  /**
   * Options of the `otlp` adapter, likewise.
   * @default {}
   * @example { url: 'http://127.0.0.1:4318/v1/metrics' }
   */
  readonly otlp?: object;
  /**
   * Options of the `pushgateway` adapter, likewise.
   * @default {}
   * @example { url: 'http://127.0.0.1:9091' }
   */
  readonly pushgateway?: object;
  /** Where the `prometheus` adapter listens. */
  readonly prometheus?: {
    /**
     * Host name or IP address, without brackets or port. `OTEL_EXPORTER_PROMETHEUS_HOST`.
     * @default '127.0.0.1'
     * @example '0.0.0.0'
     */
    readonly host?: string;
    /**
     * TCP port, 0 to 65535; 0 takes any free port. `OTEL_EXPORTER_PROMETHEUS_PORT`.
     * @default 9464
     * @example 9100
     */
    readonly port?: number;
  };
  /**
   * Milliseconds between two deliveries of a pushing adapter, and between two rounds of samplers while nobody
   * scrapes: 100 to 86400000. `OTEL_METRIC_EXPORT_INTERVAL`.
   * @default 60000
   * @example 10000
   */
  readonly exportInterval?: number;
  /**
   * Milliseconds that the exit of the process waits at most for pushing adapters to deliver the last interval, 0 to
   * 10000; 0 does not wait. `LOADLINE_EXIT_FLUSH`.
   * @default 500
   * @example 2000
   */
  readonly exitFlush?: number;
  /**
   * Request headers that a front end stamps with the time at which it took the request; the first present one counts,
   * an empty list turns queue time off. `LOADLINE_QUEUE_HEADERS`.
   * @default ['x-request-start', 'x-queue-start']
   * @example ['x-request-start']
   */
  readonly queueHeaders?: readonly string[];
  /**
   * Route patterns or paths that are not measured, each beginning with `/`: exact, or a prefix when its last character
   * is `*`. `LOADLINE_IGNORE_ROUTES`.
   * @default []
   * @example ['/health', '/internal/*']
   */
  readonly ignoreRoutes?: readonly string[];
  /**
   * Histogram bounds per metric, in the metric's unit: 1 to 64 ascending, finite upper bounds. Added to those of
   * `LOADLINE_BOUNDS`; for the same metric the option wins.
   * @default {}
   * @example { 'http.server.request.duration': [0.01, 0.1, 1] }
   */
  readonly bounds?: Readonly<Record<string, readonly number[]>>;
  /**
   * Milliseconds that one sampler may take for one round, 10 to 60000. `LOADLINE_SAMPLER_TIMEOUT`.
   * @default 1000
   * @example 250
   */
  readonly samplerTimeout?: number;
  /**
   * Series that one metric may have before the rest goes to its overflow series, 1 to 100000. `LOADLINE_SERIES_LIMIT`.
   * @default 2000
   * @example 500
   */
  readonly seriesLimit?: number;
  /**
   * Metrics libraries of the app whose metrics are shown beside loadline's own. `opentelemetry` is for apps that write to
   * `@opentelemetry/api` without setting up an SDK. `LOADLINE_BRIDGES`.
   * @default []
   * @example ['prom-client']
   */
  readonly bridges?: readonly BridgeName[];
  /**
   * Milliseconds that the event loop must be blocked to count as stalled, 100 to 60000. `LOADLINE_STALL_THRESHOLD`.
   * @default 500
   * @example 1000
   */
  readonly stallThreshold?: number;
  /**
   * Whether the stack of a stalled thread is captured, each of which takes it about 0.1 ms. `LOADLINE_STALL_STACKS`.
   * @default true
   * @example false
   */
  readonly stallStacks?: boolean;
  /**
   * Milliseconds after which a request in flight becomes a finding, 100 to 86400000. `LOADLINE_SLOW_REQUEST`.
   * @default 10000
   * @example 30000
   */
  readonly slowRequest?: number;
  /**
   * Bearer token, or in a browser the password, for what may show paths and code (everything but `/metrics` and
   * `/health`) while the server listens on more than loopback: 16 to 256 visible ASCII characters. Without one, that is
   * answered on loopback only. `LOADLINE_TOKEN`.
   * @default ''
   * @example 'c2VjcmV0LXRva2Vu'
   */
  readonly token?: string;
  /**
   * Whether counters and histograms of several processes of this service on this host are added up (`sum`) or carry
   * `loadline.worker` (`worker`). Gauges always carry it. `LOADLINE_AGGREGATE`.
   * @default 'sum'
   * @example 'worker'
   */
  readonly aggregate?: Aggregate;
  /**
   * How much loadline says on stderr. `LOADLINE_LOG`.
   * @default 'info'
   * @example 'warn'
   */
  readonly log?: LogLevel;
}

/** The resolved configuration: complete, valid, deeply frozen and structured-clone-able. Units as in {@link Options}. */
export interface Config {
  readonly enabled: boolean;
  readonly serviceName: string;
  /** Without `service.name`, which is `serviceName`. Has no prototype. */
  readonly resource: Attributes;
  /** Each name once. Empty: nothing is exported. */
  readonly adapters: readonly AdapterEntry[];
  readonly prometheus: {
    readonly host: string;
    readonly port: number;
    /** Nobody chose a usable host, so `host` is the default. */
    readonly hostIsDefault: boolean;
  };
  readonly graphite: object;
  readonly otlp: object;
  readonly pushgateway: object;
  readonly exportInterval: number;
  readonly exitFlush: number;
  /** Lower case, each once. Empty: queue time is off. */
  readonly queueHeaders: readonly string[];
  readonly ignoreRoutes: readonly string[];
  /** Metric name → bounds. Has no prototype; a structured clone has one, so look up with `Object.hasOwn` there. */
  readonly bounds: Readonly<Record<string, readonly number[]>>;
  readonly samplerTimeout: number;
  readonly seriesLimit: number;
  /** Each once. */
  readonly bridges: readonly BridgeName[];
  readonly stallThreshold: number;
  readonly stallStacks: boolean;
  readonly slowRequest: number;
  /** Empty: none. */
  readonly token: string;
  readonly aggregate: Aggregate;
  readonly log: LogLevel;
}

/** Environment variables, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Turns options and environment variables into a configuration. Pure; never throws, whatever is passed.
 *
 * An option wins over its variable; of two maps both count, and the option wins per key. A variable that is empty or
 * blank counts as unset (OpenTelemetry, "Environment Variable Specification"), except `LOADLINE_QUEUE_HEADERS`, which
 * is then off. A bad value is as good as none, and of a bad list or map the good part is kept.
 *
 * @returns The configuration, and one line for each thing that is wrong: what was found, what is allowed, what was
 * taken instead.
 */
export function parse(
  options: Options = {},
  env: Environment = {},
): { readonly config: Config; readonly problems: readonly string[] } {
  const problems: string[] = [];
  const source: Source = { options: flatten(options, problems), env: copyEnvironment(env, problems), problems };
  return Object.freeze({ config: resolve(source), problems: Object.freeze(problems) });
}

function resolve(source: Source): Config {
  const { 'service.name': nameInResource, ...resource } = read(source, 'resource', SETTINGS.resource).value;
  const fallbackName = String(nameInResource ?? '').trim() || SETTINGS.serviceName.fallback;
  const host = read(source, 'prometheus.host', SETTINGS['prometheus.host']);
  return Object.freeze({
    enabled: read(source, 'enabled', SETTINGS.enabled).value,
    serviceName: read(source, 'serviceName', SETTINGS.serviceName, fallbackName).value,
    resource: merge({}, resource),
    adapters: read(source, 'adapters', SETTINGS.adapters).value,
    prometheus: Object.freeze({
      host: host.value,
      port: read(source, 'prometheus.port', SETTINGS['prometheus.port']).value,
      hostIsDefault: host.isDefault,
    }),
    graphite: readPassed(source, 'graphite', passedOptions),
    otlp: readPassed(source, 'otlp', passedOptions),
    pushgateway: readPassed(source, 'pushgateway', passedOptions),
    exportInterval: read(source, 'exportInterval', SETTINGS.exportInterval).value,
    exitFlush: read(source, 'exitFlush', SETTINGS.exitFlush).value,
    queueHeaders: read(source, 'queueHeaders', SETTINGS.queueHeaders).value,
    ignoreRoutes: read(source, 'ignoreRoutes', SETTINGS.ignoreRoutes).value,
    bounds: read(source, 'bounds', SETTINGS.bounds).value,
    samplerTimeout: read(source, 'samplerTimeout', SETTINGS.samplerTimeout).value,
    seriesLimit: read(source, 'seriesLimit', SETTINGS.seriesLimit).value,
    bridges: read(source, 'bridges', SETTINGS.bridges).value,
    stallThreshold: read(source, 'stallThreshold', SETTINGS.stallThreshold).value,
    stallStacks: read(source, 'stallStacks', SETTINGS.stallStacks).value,
    slowRequest: read(source, 'slowRequest', SETTINGS.slowRequest).value,
    token: read(source, 'token', SETTINGS.token).value,
    aggregate: read(source, 'aggregate', SETTINGS.aggregate).value,
    log: read(source, 'log', SETTINGS.log).value,
  });
}
