/** The bridge from a prom-client registry: each round asks every metric by itself, so that one costs only itself. */
import { BRIDGED, PROM_CLIENT_SCOPE, warnOnce } from '../src/bridge.ts';
import { reasonOf } from '../src/errors.ts';
import type { Sampler, Sink } from '../src/sampler/sampler.ts';
import type { PromData, PromMetric, PromRegistry } from './prom-client-types.ts';
import { putMetric } from './prom-client-values.ts';

/** ms that a round waits for a `collect()` of the app. What comes later is put in the next round. */
const PATIENCE = 250;

/** What one metric of the registry was asked. */
interface Asked {
  data?: PromData;
  /** Settled, well or badly, and not put yet. Never rejects. */
  readonly settled: Promise<void>;
  done: boolean;
  /** A round has waited for it in vain: no other one waits. */
  late: boolean;
}

/**
 * All metrics of a registry of prom-client 14 or 15 or @prometheus-io/client as a sampler. A `collect()` that throws or
 * hangs costs only its own metric, is said once on stderr and is asked again when it has settled. Metrics that
 * `toPromClient` put there are left out.
 *
 * @example
 * import { register } from 'loadline';
 * import { fromPromClient } from 'loadline/adapters/prom-client';
 * import { register as registry } from 'prom-client';
 * register(fromPromClient(registry));
 */
export function fromPromClient(registry: Pick<PromRegistry, 'getMetricsAsArray'>): Sampler {
  const asked = new Map<PromMetric, Asked>();
  return {
    scope: { name: PROM_CLIENT_SCOPE },
    async sample(sink) {
      const metrics = registry.getMetricsAsArray().filter(isOwn);
      for (const gone of asked.keys()) if (!metrics.includes(gone)) asked.delete(gone);
      for (const metric of metrics) if (!asked.has(metric)) asked.set(metric, ask(metric));
      const open = [...asked].filter(([, { late }]) => !late);
      await atMost(PATIENCE, Promise.all(open.map(([, { settled }]) => settled)));
      for (const [metric, state] of asked) {
        if (state.done) asked.delete(metric);
        else if (!state.late) postpone(metric, state);
        if (state.data !== undefined) put(metric, state.data, registry, sink);
      }
    },
  };
}

function isOwn(metric: unknown): metric is PromMetric {
  return typeof (metric as PromMetric | null)?.get === 'function' && !(BRIDGED in (metric as PromMetric));
}

function ask(metric: PromMetric): Asked {
  const state: Asked = { settled: Promise.resolve(), done: false, late: false };
  const answer = async () => {
    try {
      state.data = await metric.get();
    } catch (error) {
      fail(metric, error);
    }
    state.done = true;
  };
  return Object.assign(state, { settled: answer() });
}

function postpone(metric: PromMetric, state: Asked): void {
  state.late = true;
  fail(metric, new Error(`its collect() takes longer than ${PATIENCE} ms`));
}

function put(metric: PromMetric, data: PromData, registry: object, { put: take }: Sink): void {
  try {
    putMetric(data, (registry as { _defaultLabels?: Record<string, unknown> })._defaultLabels ?? {}, take);
  } catch (error) {
    fail(metric, error);
  }
}

function fail({ name }: PromMetric, error: unknown): void {
  const params = { metric: String(name), bridge: 'prom-client', reason: reasonOf(error) };
  warnOnce('ERR_LOADLINE_BRIDGE_METRIC', String(name), params);
}

async function atMost(milliseconds: number, work: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([work, patience]);
  clearTimeout(timer);
}
