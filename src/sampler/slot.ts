/** One sampler as one collector sees it: its series, its pace, its start and its stop. */
import { reasonOf } from '../errors.ts';
import type { Attributes, HistogramValue, Metric, Scope } from '../snapshot/metric.ts';
import type { MetricSnapshot } from '../snapshot/snapshot.ts';
import { agrees, CONFLICT, Refusal, TOO_MANY_METRICS, UNREADABLE } from './accept.ts';
import { Backoff } from './backoff.ts';
import { Call, type CallListener, type Outcome } from './call.ts';
import { Family, type Fate, type Stamp } from './family.ts';
import type { Names } from './names.ts';
import { follow } from './outcome.ts';
import type { Tally } from './own.ts';
import type { Sampler } from './sampler.ts';
import type { Warnings } from './warnings.ts';

/** Metrics that one sampler may have; the values of more are refused. */
export const MAX_METRICS = 1000;

/** What all slots of one collector share. */
export interface Shared {
  readonly consumer: string;
  /** ms that a sampler may take. */
  readonly timeout: number;
  readonly seriesLimit: number;
  readonly names: Names;
  readonly warnings: Warnings;
  /** Samplers whose promise has not settled. Outlives the slot: a sampler may leave and come back meanwhile. */
  readonly busy: WeakSet<Sampler>;
  now(): number;
}

export class Slot implements CallListener {
  readonly tally: Tally;
  readonly #sampler: Sampler;
  readonly #scope: Scope;
  /** Epoch ms. */
  readonly #startTime: number;
  readonly #shared: Shared;
  readonly #backoff = new Backoff();
  readonly #families = new Map<string, Family>();
  #stamp: Stamp = { call: 0, completed: 0, time: 0 };
  #call: Call | undefined;
  #started = false;
  #stop: unknown;

  constructor(sampler: Sampler, scope: Scope, startTime: number, tally: Tally, shared: Shared) {
    this.#sampler = sampler;
    this.#scope = scope;
    this.#startTime = startTime;
    this.tally = tally;
    this.#shared = shared;
  }

  get scope(): Scope {
    return this.#scope;
  }

  /** The call that it began, or `undefined` when this round leaves the sampler out. Never throws. */
  ask(): Call | undefined {
    if (!this.#backoff.due() || this.#shared.busy.has(this.#sampler)) {
      this.tally.skipped++;
      return undefined;
    }
    if (!this.#started) this.#start();
    const { call, completed } = this.#stamp;
    this.#stamp = { call: call + 1, completed, time: this.#shared.now() };
    this.#shared.busy.add(this.#sampler);
    this.#call = new Call(this);
    this.#call.start(this.#sampler, this.#shared.consumer);
    return this.#call;
  }

  put(metric: Metric, value: number | HistogramValue, attributes?: Attributes): void {
    let fate: Fate;
    try {
      fate = this.#take(metric, value, attributes);
    } catch {
      fate = UNREADABLE;
    }
    if (fate === 'kept') return;
    const { name: scope } = this.#scope;
    if (fate === 'over') {
      this.tally.overflowed++;
      this.#shared.warnings.once('ERR_LOADLINE_SAMPLER_OVERFLOW', scope, { scope });
    } else {
      this.tally.refused++;
      const { reason } = fate;
      const params = { scope, metric: nameOf(metric), reason };
      this.#shared.warnings.once('ERR_LOADLINE_SAMPLER_VALUE', JSON.stringify([scope, reason]), params);
    }
  }

  ended(call: Call, outcome: Outcome, cause?: unknown): void {
    this.tally.took(call.seconds);
    const complete = outcome === 'settled';
    for (const family of this.#families.values()) family.end(complete, this.#stamp);
    this.#releaseEmpty();
    if (outcome === 'left') return;
    const { warnings, timeout } = this.#shared;
    const { name: scope } = this.#scope;
    if (this.#backoff.blocked(call.blocked)) {
      warnings.once('ERR_LOADLINE_SAMPLER_SLOW', scope, { scope, milliseconds: Math.round(call.blocked) });
    }
    if (complete) this.#succeeded();
    else this.#backoff.failed();
    if (outcome === 'threw') this.#failed(cause);
    if (outcome === 'late') {
      this.tally.timeouts++;
      warnings.once('ERR_LOADLINE_SAMPLER_TIMEOUT', scope, { scope, timeout });
    }
  }

  freed(): void {
    this.#shared.busy.delete(this.#sampler);
  }

  /** What the sampler has said so far and is not forgotten. */
  snapshots(): MetricSnapshot[] {
    const snapshots: MetricSnapshot[] = [];
    for (const family of this.#families.values()) {
      const points = family.points();
      if (points.length > 0) snapshots.push({ metric: family.metric, scope: this.#scope, points });
    }
    return snapshots;
  }

  /** Drops all series and calls what `start` returned. Idempotent. Never throws. */
  leave(): void {
    this.#call?.leave();
    for (const name of this.#families.keys()) this.#shared.names.release(name);
    this.#families.clear();
    const stop = this.#stop;
    this.#stop = undefined;
    if (typeof stop === 'function') this.#run(() => stop());
  }

  #take(metric: Metric, value: unknown, attributes: unknown): Fate {
    const known = this.#families.get(metric.name);
    if (known !== undefined && !agrees(known.metric, metric)) return CONFLICT;
    const family = known ?? this.#open(metric);
    return family instanceof Refusal ? family : family.put(value, attributes, this.#stamp);
  }

  #open(given: Metric): Family | Refusal {
    if (this.#families.size >= MAX_METRICS) return TOO_MANY_METRICS;
    const { names, seriesLimit } = this.#shared;
    const metric = names.claim(given);
    if (metric instanceof Refusal) return metric;
    if (this.#families.has(metric.name)) {
      // A getter that gave another name the first time.
      names.release(metric.name);
      return CONFLICT;
    }
    const family = new Family(metric, this.#startTime, seriesLimit);
    this.#families.set(metric.name, family);
    return family;
  }

  #releaseEmpty(): void {
    for (const [name, family] of this.#families) {
      if (!family.empty) continue;
      this.#families.delete(name);
      this.#shared.names.release(name);
    }
  }

  #succeeded(): void {
    this.#backoff.succeeded();
    const { call, completed, time } = this.#stamp;
    this.#stamp = { call, completed: completed + 1, time };
  }

  #failed(cause: unknown): void {
    this.tally.errors++;
    const { name: scope } = this.#scope;
    this.#shared.warnings.once('ERR_LOADLINE_SAMPLER_THREW', scope, { scope, reason: reasonOf(cause) });
  }

  /** A `start` that fails is an error like any other; the sampler is asked all the same, and `start` not again. */
  #start(): void {
    this.#started = true;
    this.#run(() => {
      const stop: unknown = this.#sampler.start?.();
      this.#stop = stop;
      return typeof stop === 'function' ? undefined : stop;
    });
  }

  #run(foreign: () => unknown): void {
    const done = (error?: { cause: unknown }): void => {
      if (error !== undefined) this.#failed(error.cause);
    };
    try {
      follow(foreign(), done);
    } catch (cause) {
      done({ cause });
    }
  }
}

function nameOf(metric: unknown): string {
  try {
    return reasonOf((metric as { name: unknown }).name);
  } catch (error) {
    return `a metric whose name cannot be read (${reasonOf(error)})`;
  }
}
