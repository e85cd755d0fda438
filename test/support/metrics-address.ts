/** Where an agent under test serves: a place that no other test takes, without a port that is free now and taken then. */
import { randomInt } from 'node:crypto';
import { freePort } from '../../examples/demo/shop.ts';

export interface MetricsAddress {
  /** For the child's environment. */
  readonly env: { readonly OTEL_EXPORTER_PROMETHEUS_HOST: string; readonly OTEL_EXPORTER_PROMETHEUS_PORT: string };
  /** `http://127.1.2.3:9464` */
  readonly url: string;
}

/** On Linux all of 127.0.0.0/8 is this machine, so every test has an address of its own; elsewhere a free port has to do. */
export async function metricsAddress(): Promise<MetricsAddress> {
  const own = `127.${randomInt(1, 255)}.${randomInt(0, 256)}.${randomInt(1, 255)}`;
  const [host, port] = process.platform === 'linux' ? [own, 9464] : ['127.0.0.1', await freePort(0)];
  const env = { OTEL_EXPORTER_PROMETHEUS_HOST: host, OTEL_EXPORTER_PROMETHEUS_PORT: String(port) };
  return { env, url: `http://${host}:${port}` };
}
