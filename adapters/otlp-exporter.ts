/** The official exporter of one protocol, loaded when it is asked for: each costs about 175 ms and 16 MB. */
import { createRequire } from 'node:module';
import type { PushMetricExporter, ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { Attributes } from '../src/snapshot/metric.ts';
import type { OtlpConnection } from './otlp-connection.ts';
import type { Vocabulary } from './otlp-data.ts';
import { listenToDiagnostics, type PartialSuccess, takePartialSuccess } from './otlp-diagnostics.ts';
import type { Failure } from './otlp-outcome.ts';
import type { OtlpSettings, Protocol } from './otlp-settings.ts';

const PACKAGES: { readonly [protocol in Protocol]: string } = {
  'http/protobuf': '@opentelemetry/exporter-metrics-otlp-proto',
  'http/json': '@opentelemetry/exporter-metrics-otlp-http',
  grpc: '@opentelemetry/exporter-metrics-otlp-grpc',
};

export interface ExportOutcome {
  /** Absent: the exporter calls it a success. */
  readonly failure?: Failure;
  readonly partial?: PartialSuccess;
}

export interface OtlpExporter {
  readonly vocabulary: Vocabulary;
  /** Rejects when the request cannot be made at all. */
  send(resource: Attributes, scopeMetrics: ResourceMetrics['scopeMetrics']): Promise<ExportOutcome>;
  /** Waits for what is under way, then closes the connection. */
  shutdown(): Promise<void>;
}

/** Both HTTP exporters and the gRPC one: those of gRPC ignore the agent. */
interface ExporterModule {
  readonly OTLPMetricExporter: new (options: object) => PushMetricExporter;
}

/**
 * Rejects with `ERR_MODULE_NOT_FOUND` when the package is not installed, and with the exporter's own error when a
 * setting is impossible. The libraries that the exporter builds on are those that it finds itself.
 */
export async function loadExporter(
  settings: OtlpSettings,
  connection: OtlpConnection,
  log: (line: string) => void,
): Promise<OtlpExporter> {
  const name = PACKAGES[settings.protocol];
  const { OTLPMetricExporter } = (await import(name)) as ExporterModule;
  const load = createRequire(import.meta.resolve(name));
  const api = load('@opentelemetry/api') as typeof import('@opentelemetry/api');
  const { AggregationTemporality, DataPointType } = load('@opentelemetry/sdk-metrics') as Vocabulary;
  const loadOfSdk = createRequire(load.resolve('@opentelemetry/sdk-metrics'));
  const { resourceFromAttributes } = loadOfSdk('@opentelemetry/resources') as typeof import('@opentelemetry/resources');
  listenToDiagnostics(api, log);
  const exporter = new OTLPMetricExporter({
    url: settings.url,
    timeoutMillis: settings.timeout,
    httpAgentOptions: connection.createAgent,
  });
  return {
    vocabulary: { AggregationTemporality, DataPointType, ValueType: api.ValueType },
    send: (attributes, scopeMetrics) =>
      new Promise((resolve) => {
        exporter.export({ resource: resourceFromAttributes(attributes), scopeMetrics }, ({ code, error }) => {
          const partial = takePartialSuccess();
          resolve(code === 0 ? { partial } : { failure: error ?? { message: 'no reason given' } });
        });
      }),
    shutdown: () => exporter.shutdown(),
  };
}
