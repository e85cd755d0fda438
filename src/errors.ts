/**
 * Everything that loadline ever says on stderr about a failure, in one catalogue. `docs/errors.md` lists the same
 * codes, messages and remedies; a test compares the two. `{name}` is a parameter.
 */
export const CATALOGUE = {
  ERR_LOADLINE_CONFIG_VALUE: {
    message: '{setting} is {found}',
    remedy: 'it must be {allowed}; used instead: {taken}',
  },
  ERR_LOADLINE_CONFIG_NAME: {
    message: '{name} is not a setting of this version',
    remedy: 'remove or correct it; {hint}',
  },
  ERR_LOADLINE_ADAPTER_LOAD: {
    message: 'adapter {adapter} failed to load ({reason})',
    remedy: 'correct its options or leave it out of OTEL_METRICS_EXPORTER; the other adapters go on',
  },
  ERR_LOADLINE_ADAPTER_PEER: {
    message: 'adapter {adapter} needs the package {package}, which is not installed',
    remedy: 'run npm install {package}; the other adapters go on',
  },
  ERR_LOADLINE_EXPORT_FAILED: {
    message: 'adapter {adapter} could not deliver ({reason})',
    remedy: 'see with `npx loadline check` whether its destination is there; it is tried again every interval',
  },
  ERR_LOADLINE_PORT_IN_USE: {
    message: 'port {port} on {host} is in use, so no metrics are served',
    remedy: 'stop the process that holds it, or set OTEL_EXPORTER_PROMETHEUS_PORT (0 takes any free port)',
  },
  ERR_LOADLINE_PORT_FORBIDDEN: {
    message: 'port {port} on {host} is forbidden to this user, so no metrics are served',
    remedy: 'set OTEL_EXPORTER_PROMETHEUS_PORT to a port from 1024 up',
  },
  ERR_LOADLINE_ADDRESS: {
    message: '{host} is not an address of this machine ({reason}), so no metrics are served',
    remedy: 'set OTEL_EXPORTER_PROMETHEUS_HOST to 127.0.0.1, 0.0.0.0 or an address of this machine',
  },
  ERR_LOADLINE_CONTAINER: {
    message: 'this is a container, and {host}:{port} is reachable from inside it only',
    remedy: 'set OTEL_EXPORTER_PROMETHEUS_HOST=0.0.0.0 if the scraper is outside',
  },
  ERR_LOADLINE_GROUP_DIRECTORY: {
    message: 'the folder {path}, in which processes of one service meet, is not usable ({reason})',
    remedy: 'make it a folder of this user alone (mode 0700), or remove it; until then this process is on its own',
  },
  ERR_LOADLINE_GROUP_SOCKET: {
    message: '{path}, at which the processes of this service meet, is not usable ({reason})',
    remedy: 'remove what is there; until it is started again, this process is on its own',
  },
  ERR_LOADLINE_GROUP_PEER: {
    message: 'what answers at {path} is no process of this service ({reason})',
    remedy: 'end whatever has bound or connects to that socket; this process goes on without it',
  },
  ERR_LOADLINE_GROUP_SILENT: {
    message: 'the process that leads this service’s processes at {path} does not answer',
    remedy: 'look whether it is stopped (SIGSTOP) and continue or end it; it is tried again',
  },
  ERR_LOADLINE_GROUP_VERSION: {
    message: 'this process has loadline {own}, the one that leads has {found}, which groups otherwise ({reason})',
    remedy: 'run one version in all processes of a service; until then this process serves nothing',
  },
  ERR_LOADLINE_GROUP_SIZE: {
    message: 'this process has more series than can be told to the one that leads',
    remedy: 'use attributes with fewer values, or lower LOADLINE_SERIES_LIMIT; the others go on',
  },
  ERR_LOADLINE_WORKER_DENIED: {
    message: 'the permission model denies worker threads, so nothing is measured',
    remedy: 'start node with --allow-worker; the app runs on without metrics',
  },
  ERR_LOADLINE_REPORTER_FILE: {
    message: 'the reporter file {file} cannot be loaded ({reason}), so nothing is measured',
    remedy: 'keep loadline out of the bundle (mark it as external); the app runs on without metrics',
  },
  ERR_LOADLINE_REPORTER_DIED: {
    message: 'the reporter thread died ({reason}) and was started again',
    remedy: 'no count is lost; report it as a bug if it returns',
  },
  ERR_LOADLINE_REPORTER_GAVE_UP: {
    message: 'the reporter thread died three times in a minute ({reason}), so nothing is exported any more',
    remedy: 'report it as a bug with this line; the app runs on, and metrics return when it is restarted',
  },
  ERR_LOADLINE_SAMPLER_INVALID: {
    message: 'an entry of the sampler set is no sampler ({found}) and is left out',
    remedy: 'give it scope.name (1 to 255 characters) and sample()',
  },
  ERR_LOADLINE_SAMPLER_SET: {
    message: 'the set of samplers cannot be read',
    remedy: 'leave globalThis[Symbol.for("metric-samplers.v1")] a Set',
  },
  ERR_LOADLINE_SAMPLER_LIMIT: {
    message: 'sampler "{scope}" is left out, since there are too many',
    remedy: 'remove samplers that are not needed any more; then it is asked',
  },
  ERR_LOADLINE_SAMPLER_THREW: {
    message: 'sampler "{scope}" failed ({reason})',
    remedy: 'correct it; what it put before is kept, and it is asked again after 1, 2, 4 … 16 rounds',
  },
  ERR_LOADLINE_SAMPLER_TIMEOUT: {
    message: 'sampler "{scope}" took longer than {timeout} ms',
    remedy: 'speed it up or raise LOADLINE_SAMPLER_TIMEOUT; what it put in time is kept, and it is asked again later',
  },
  ERR_LOADLINE_SAMPLER_SLOW: {
    message: 'sampler "{scope}" keeps blocking the event loop ({milliseconds} ms) and is asked less often',
    remedy: 'let it take under 50 ms at a time',
  },
  ERR_LOADLINE_SAMPLER_VALUE: {
    message: 'sampler "{scope}" put a value for {metric} that is refused ({reason})',
    remedy: 'SPEC.md says what a value must be',
  },
  ERR_LOADLINE_SAMPLER_OVERFLOW: {
    message: 'sampler "{scope}" has more series than the budget, so the rest goes to otel.metric.overflow="true"',
    remedy: 'use attributes with fewer values, or raise LOADLINE_SERIES_LIMIT (gauges over the budget are dropped)',
  },
  ERR_LOADLINE_METRIC_CONFLICT: {
    message: 'metric {metric} is {known} already, so what is recorded in it as {found} is dropped',
    remedy: 'give one of the two another name',
  },
  ERR_LOADLINE_METRIC_NAME: {
    message: '{metric} is no metric name, so what is recorded in it is dropped',
    remedy: 'use 1 to 255 characters, such as shop.orders',
  },
  ERR_LOADLINE_METRIC_BOUNDS: {
    message: 'the bounds of metric {metric} are not usable, so what is recorded in it is dropped',
    remedy: 'give 1 to 64 ascending, finite numbers',
  },
  ERR_LOADLINE_METRIC_OPTIONS: {
    message: 'the options of metric {metric} cannot be read ({reason}), so what is recorded in it is dropped',
    remedy: 'pass a plain object with unit, help and bounds',
  },
  ERR_LOADLINE_SERIES_OVERFLOW: {
    message: 'metric {metric} has more than {limit} series, so new ones go to otel.metric.overflow="true"',
    remedy: 'use attributes with fewer values, or raise LOADLINE_SERIES_LIMIT',
  },
  ERR_LOADLINE_STORE_FULL: {
    message: 'the store is full ({bytes} bytes), so new series are dropped and counted',
    remedy: 'use attributes with fewer values, or lower LOADLINE_SERIES_LIMIT',
  },
  ERR_LOADLINE_STARTED_TWICE: {
    message: 'start() was called again with different options ({options}), which are ignored',
    remedy: 'call it once, or await stop() before the second call',
  },
  ERR_LOADLINE_PROBE_UNSUPPORTED: {
    message: 'probe {probe} is off ({reason})',
    remedy: 'its metrics are absent on this machine; `npx loadline check` lists what is supported',
  },
  ERR_LOADLINE_BRIDGE_METRIC: {
    message: 'metric {metric} of {bridge} is left out ({reason})',
    remedy: 'correct it in the app; the other metrics go on, and it returns when it works',
  },
  ERR_LOADLINE_BRIDGE_MISSING: {
    message: 'LOADLINE_BRIDGES names {bridge}, but {packages} cannot be loaded from {place} ({reason})',
    remedy: 'install it there with npm, or leave the bridge out; the app and all other metrics go on',
  },
} as const satisfies Record<string, { readonly message: string; readonly remedy: string }>;

/** A code of the catalogue. It never changes its meaning. */
export type Code = keyof typeof CATALOGUE;

type Named<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}` ? Name | Named<Rest> : never;

/** The parameters of one code: every `{name}` in its message and remedy. */
export type Params<C extends Code> = Readonly<
  Record<Named<(typeof CATALOGUE)[C]['message'] | (typeof CATALOGUE)[C]['remedy']>, string | number>
>;

/** Longest text of one parameter, in characters: a line stays readable whatever was passed. */
const PARAM_LIMIT = 300;

/**
 * One line, `<message>: <remedy> [<code>]`, with the parameters filled in (each cut after 300 characters).
 * Never throws. The line may hold control characters that a parameter brought; the log escapes them.
 *
 * @example describe('ERR_LOADLINE_PORT_FORBIDDEN', { host: '127.0.0.1', port: 80 })
 */
export function describe<C extends Code>(code: C, params: Params<C>): string {
  const { message, remedy } = CATALOGUE[code];
  const values = params as Readonly<Record<string, string | number>>;
  const text = `${message}: ${remedy}`.replace(/\{(\w+)\}/g, (_, name: string) => cut(String(values[name])));
  return `${text} [${code}]`;
}

/** What a thrown value says, on at most 300 characters. Never throws, whatever was thrown. */
export function reasonOf(thrown: unknown): string {
  try {
    return cut(String(thrown instanceof Error ? thrown.message || thrown.name : thrown));
  } catch {
    // Its `toString` or a getter threw in turn; that says nothing about the first reason.
    return `an unprintable ${typeof thrown}`;
  }
}

function cut(text: string): string {
  return text.length > PARAM_LIMIT ? `${text.slice(0, PARAM_LIMIT)}…` : text;
}
