/** Preload: OpenTelemetry's http instrumentation with metrics alone; no tracer, no context manager. */
const { load } = require('../apps/frameworks.cjs');
const { MeterProvider } = load('@opentelemetry/sdk-metrics');
const { PrometheusExporter } = load('@opentelemetry/exporter-prometheus');
const { HttpInstrumentation } = load('@opentelemetry/instrumentation-http');

const port = Number(process.env.OTEL_EXPORTER_PROMETHEUS_PORT);
const exporter = new PrometheusExporter({ host: '127.0.0.1', port });
const instrumentation = new HttpInstrumentation();
instrumentation.setMeterProvider(new MeterProvider({ readers: [exporter] }));
