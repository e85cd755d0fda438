/** The bridges between loadline and an OpenTelemetry SDK of the app's. No package of OpenTelemetry's is imported. */
export { provideGlobally } from './opentelemetry-global.ts';
export { fromOpenTelemetry } from './opentelemetry-in.ts';
export { toMetricProducer } from './opentelemetry-out.ts';
