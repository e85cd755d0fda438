/** One probe on a real pulse, with a reader beside it. */
import { Heartbeat } from '../../src/probes/heartbeat.ts';
import type { Probe, ProbeContext } from '../../src/probes/probe.ts';
import type { Attributes } from '../../src/snapshot/metric.ts';
import type { HistogramPoint, Point } from '../../src/snapshot/snapshot.ts';
import { StoreReader } from '../../src/store/reader.ts';
import { StoreWriter } from '../../src/store/writer.ts';
import { pointsOf, readingOf } from '../store/metrics.ts';

export class Pulse {
  readonly store = new StoreWriter();
  readonly reader = new StoreReader(this.store.buffer);
  readonly warnings: string[] = [];
  readonly heartbeat = new Heartbeat(this.store.cells, (_key, line) => this.warnings.push(line));
  readonly #stops: (() => void)[] = [() => this.heartbeat.stop()];

  constructor(...probes: Probe[]) {
    const { store, heartbeat, warnings } = this;
    const context: ProbeContext = {
      store,
      heartbeat,
      queueHeaders: [],
      ignoreRoutes: [],
      servers: [],
      stallThreshold: 500,
      define: (metric, exponential) => store.metric(metric, { name: 'loadline' }, exponential),
      warn: (_key, line) => warnings.push(line),
    };
    for (const probe of probes) this.#stops.push(probe.start(context));
    heartbeat.start();
  }

  value(name: string, attributes?: Attributes): number {
    return readingOf(this.reader.metrics(), name, attributes) as number;
  }

  histogram(name: string, attributes?: Attributes): HistogramPoint {
    return readingOf(this.reader.metrics(), name, attributes) as HistogramPoint;
  }

  points(name: string): readonly Point[] {
    return pointsOf(this.reader.metrics(), name);
  }

  stop(): void {
    for (const stop of this.#stops) stop();
  }
}

/** Blocks the event loop. */
export function block(ms: number): void {
  for (const until = performance.now() + ms; performance.now() < until; );
}
