/** Where a collector meets hostile samplers. */

import type { Check, Level } from '../../conformance/finding.ts';
import { type Attributes, attributesKey, type Metric, type MetricKind } from '../../snapshot/metric.ts';
import type { MetricSnapshot, Point } from '../../snapshot/snapshot.ts';
import type { SampleContext, Sampler, Sink } from '../sampler.ts';

const { setTimeout, clearTimeout } = globalThis;

export interface CollectorUnderTest {
  collect(): Promise<readonly MetricSnapshot[]>;
  close(): void;
}

/** Makes a collector of the given samplers, with a deadline in ms; everything else as by default. */
export type MakeCollector = (options: { samplers: Set<Sampler>; timeout: number }) => CollectorUnderTest;

export interface CollectorCheck extends Check {
  /** The offence in one sentence, or nothing. A throw is an offence, too. */
  run(lab: Lab): Promise<string | false | undefined>;
}

export function check(
  section: string,
  name: string,
  run: CollectorCheck['run'],
  level: Level = 'MUST',
): CollectorCheck {
  return { section, level, check: name, run };
}

/** Deadline in ms that the collectors under test get. */
export const TIMEOUT = 60;
const PATIENCE = 20 * TIMEOUT;

export const COUNTER: Metric = { name: 'lab.counter', kind: 'counter' };
export const UPDOWN: Metric = { name: 'lab.updown', kind: 'updown' };
export const GAUGE: Metric = { name: 'lab.gauge', kind: 'gauge' };
export const HISTOGRAM: Metric = { name: 'lab.histogram', kind: 'histogram', bounds: [1, 2] };
export const METRICS: Readonly<Record<MetricKind, Metric>> = {
  counter: COUNTER,
  updown: UPDOWN,
  gauge: GAUGE,
  histogram: HISTOGRAM,
};

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
export const never = (): Promise<void> => new Promise(() => undefined);

/** One collector, its set and what it said last. */
export class Lab {
  readonly samplers = new Set<Sampler>();
  readonly #collector: CollectorUnderTest;
  #result: readonly MetricSnapshot[] = [];

  constructor(make: MakeCollector) {
    this.#collector = make({ samplers: this.samplers, timeout: TIMEOUT });
  }

  /** Adds a sampler of that scope, which also counts its calls. */
  add(scope: string, sample: (sink: Sink, context: SampleContext, call: number) => unknown, more: object = {}) {
    const sampler = {
      scope: { name: scope },
      calls: 0,
      sample(sink: Sink, context: SampleContext) {
        this.calls++;
        return sample(sink, context, this.calls) as undefined;
      },
      ...more,
    };
    this.samplers.add(sampler);
    return sampler;
  }

  /** Adds what need not be a sampler. */
  addAnything(entry: unknown): void {
    this.samplers.add(entry as Sampler);
  }

  /** One round; throws when it does not end. */
  async round(): Promise<readonly MetricSnapshot[]> {
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`collect() took over ${PATIENCE} ms`)), PATIENCE);
    });
    try {
      this.#result = await Promise.race([this.#collector.collect(), patience]);
    } finally {
      clearTimeout(timer);
    }
    return this.#result;
  }

  async rounds(count: number): Promise<void> {
    for (let i = 0; i < count; i++) await this.round();
  }

  /** The points of a metric of a scope in the last result. */
  points(scope: string, metric: Metric): readonly Point[] {
    return this.#result
      .filter((snapshot) => snapshot.scope.name === scope && snapshot.metric.name === metric.name)
      .flatMap((snapshot) => snapshot.points);
  }

  point(scope: string, metric: Metric, attributes: Attributes = {}): Point | undefined {
    const key = attributesKey(attributes);
    return this.points(scope, metric).find((point) => attributesKey(point.attributes) === key);
  }

  /** The value of one series in the last result. */
  value(scope: string, metric: Metric, attributes?: Attributes): Point['value'] | undefined {
    return this.point(scope, metric, attributes)?.value;
  }

  close(): void {
    this.#collector.close();
  }
}
