/** What OpenTelemetry's environment variables ask of the OTLP adapter; the exporters read all others themselves. Pure. */

export const PROTOCOLS = ['http/protobuf', 'http/json', 'grpc'] as const;
const TEMPORALITIES = ['cumulative', 'delta', 'lowmemory'] as const;
const AGGREGATIONS = ['explicit_bucket_histogram', 'base2_exponential_bucket_histogram'] as const;

/** ms (OpenTelemetry, "OTLP Exporter Configuration"). */
const DEFAULT_TIMEOUT = 10_000;
/** The part of one interval that one delivery may take: it ends, and says how, before it would be cut off. */
const MAX_SHARE = 0.9;

export type Protocol = (typeof PROTOCOLS)[number];

/** What a user may set in code; each wins over its variable. Structured-clone-able. */
export interface OtlpOptions {
  /** `OTEL_EXPORTER_OTLP_METRICS_PROTOCOL`, else `OTEL_EXPORTER_OTLP_PROTOCOL`. Default: `http/protobuf`. */
  readonly protocol?: Protocol;
  /** The whole address, for HTTP with its path. Default: what the exporter finds in the environment. */
  readonly url?: string;
  /** `OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE`. Default: `cumulative`. */
  readonly temporality?: (typeof TEMPORALITIES)[number];
  /** `OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION`. Default: `explicit_bucket_histogram`. */
  readonly histogramAggregation?: (typeof AGGREGATIONS)[number];
  /** ms for one delivery with its retries. `OTEL_EXPORTER_OTLP_METRICS_TIMEOUT`, else `OTEL_EXPORTER_OTLP_TIMEOUT`. */
  readonly timeout?: number;
}

export interface OtlpSettings {
  readonly protocol: Protocol;
  readonly url: string | undefined;
  /** `lowmemory` asks for deltas wherever an SDK can give them without keeping state, which is `delta` here. */
  readonly temporality: 'cumulative' | 'delta';
  readonly exponential: boolean;
  /** ms; less than one interval. */
  readonly timeout: number;
  /** One line for each value that was not understood; its default counts. */
  readonly problems: readonly string[];
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Never throws. `interval`: ms between two deliveries. */
export function readSettings(options: OtlpOptions, environment: Environment, interval: number): OtlpSettings {
  const problems: string[] = [];
  const choose = <T extends string>(given: unknown, names: readonly string[], known: readonly T[]): T => {
    const [source, value] = given === undefined ? firstSet(environment, names) : ['the option', String(given)];
    const found = known.find((one) => one === value.trim().toLowerCase());
    if (found === undefined && value !== '') {
      problems.push(`otlp: ${source} is ${JSON.stringify(value)}, not ${known.join(', ')}: ${known[0]} is used`);
    }
    return found ?? known[0]!;
  };
  const preference = 'OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE';
  const aggregation = 'OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION';
  const protocol = choose(options.protocol, variables('PROTOCOL'), PROTOCOLS);
  const temporality = choose(options.temporality, [preference], TEMPORALITIES);
  const histograms = choose(options.histogramAggregation, [aggregation], AGGREGATIONS);
  return {
    protocol,
    url: options.url,
    temporality: temporality === 'cumulative' ? 'cumulative' : 'delta',
    exponential: histograms === 'base2_exponential_bucket_histogram',
    timeout: Math.max(1, Math.min(timeoutOf(options, environment), Math.floor(interval * MAX_SHARE))),
    problems,
  };
}

/** The one for metrics wins. */
export function variables(name: string): readonly string[] {
  return [`OTEL_EXPORTER_OTLP_METRICS_${name}`, `OTEL_EXPORTER_OTLP_${name}`];
}

/** Name and value of the first variable that is set; a blank one counts as unset. */
export function firstSet(environment: Environment, names: readonly string[]): [name: string, value: string] {
  const name = names.find((one) => (environment[one] ?? '').trim() !== '');
  return name === undefined ? ['', ''] : [name, environment[name]!];
}

/** One that is no positive number is passed over, as the exporters do, which say so. */
function timeoutOf(options: OtlpOptions, environment: Environment): number {
  const given = [options.timeout, ...variables('TIMEOUT').map((name) => environment[name]?.trim() || undefined)];
  const usable = given.map(Number).filter((ms) => Number.isFinite(ms) && ms > 0);
  return usable[0] ?? DEFAULT_TIMEOUT;
}
