/** An OTLP receiver as the conformance suite wants it: one port that goes away, hangs or talks nonsense on demand. */
import type { OtlpOptions } from '../../adapters/otlp.ts';
import type { Backend, Received } from '../../src/conformance.ts';
import { FaultServer } from '../support/fault-server.ts';
import type { OtlpSeries } from '../support/otlp-model.ts';
import { type OtlpReceiver, type ReceivedRequest, startReceiver } from '../support/otlp-receiver.ts';

export async function startOtlpBackend(options: OtlpOptions): Promise<Backend> {
  const protocol = options.protocol ?? 'http/protobuf';
  const nonsense = await FaultServer.start(() => undefined);
  const receivers: OtlpReceiver[] = [];
  const down = async () => {
    await nonsense.down();
    await receivers.at(-1)?.close();
  };
  const up = async () => {
    await down();
    receivers.push(await startReceiver(protocol, { port: nonsense.port }));
  };
  await up();
  return {
    options: { ...options, url: `${nonsense.url}${protocol === 'grpc' ? '' : '/v1/metrics'}` },
    async received() {
      const requests = receivers.flatMap((receiver) => receiver.requests);
      const problem = requests.flatMap(({ problems }) => problems)[0];
      if (problem !== undefined) throw new Error(`not OTLP's data model: ${problem}`);
      return requests.flatMap(pointsOf);
    },
    down,
    up,
    hang: () => down().then(() => nonsense.hang()),
    wrong: () => down().then(() => nonsense.wrong()),
    close: down,
  };
}

/** A check asks many times a second. */
const known = new WeakMap<ReceivedRequest, Received[]>();

function pointsOf(request: ReceivedRequest): Received[] {
  const points = known.get(request) ?? request.series.map(receivedOf);
  known.set(request, points);
  return points;
}

function receivedOf({ name, attributes, kind, isMonotonic, value, point }: OtlpSeries): Received {
  const texts = Object.fromEntries(Object.entries(attributes).map(([key, text]) => [key, String(text)]));
  if (kind === 'gauge') return { name, attributes: texts, kind: 'gauge', value };
  if (kind === 'sum') return { name, attributes: texts, kind: isMonotonic ? 'counter' : 'updown', value };
  return { name, attributes: texts, kind: 'histogram', value: { count: value, sum: point.sum } };
}
