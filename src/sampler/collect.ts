/** The collector: asks the samplers of this thread and keeps what they say, whatever they do (SPEC.md, "Collectors"). */
import type { Code } from '../errors.ts';
import type { MetricSnapshot } from '../snapshot/snapshot.ts';
import { readScope } from './accept.ts';
import type { Call } from './call.ts';
import { within } from './deadline.ts';
import { Names } from './names.ts';
import { OWN_METRICS, ownSnapshots, Tally } from './own.ts';
import type { Sampler } from './sampler.ts';
import { type Shared, Slot } from './slot.ts';
import { Warnings } from './warnings.ts';

// Taken at load, so that fake clocks do not reach a collector.
const dateNow = Date.now;
const { timeOrigin } = globalThis.performance;

/** Samplers asked by one collector; more wait until others leave. */
const MAX_SAMPLERS = 1000;

export interface CollectorOptions {
  /** Who asks, as samplers see it. Default: `loadline`. */
  readonly consumer?: string;
  /** Deadline of one sampler in ms. Default: 1000. */
  readonly timeout?: number;
  /** Series per metric of one sampler, the overflow series not counted. Default: 2000. */
  readonly seriesLimit?: number;
  /** The live set, read in each round. */
  readonly samplers: Iterable<Sampler>;
  /** Called at most once per code, sampler scope and reason; a line of `docs/errors.md`. Default: nobody is told. */
  warn?(code: Code, line: string): void;
  /** Epoch ms. Default: `Date.now`. */
  now?(): number;
  /** Epoch ms that values count from when their sampler does not say. Default: the start of this thread. */
  readonly processStart?: number;
}

export class Collector {
  readonly #samplers: Iterable<Sampler>;
  readonly #processStart: number;
  readonly #shared: Shared;
  readonly #slots = new Map<unknown, Slot>();
  readonly #tallies = new Map<string, Tally>();
  #round: Promise<readonly MetricSnapshot[]> | undefined;
  #closed = false;

  constructor(options: CollectorOptions) {
    this.#samplers = options.samplers;
    this.#processStart = options.processStart ?? Math.floor(timeOrigin);
    this.#shared = {
      consumer: options.consumer ?? 'loadline',
      timeout: options.timeout ?? 1000,
      seriesLimit: options.seriesLimit ?? 2000,
      names: new Names(),
      warnings: new Warnings((code, line) => options.warn?.(code, line)),
      busy: new WeakSet(),
      now: () => options.now?.() ?? dateNow(),
    };
    for (const metric of OWN_METRICS) this.#shared.names.claim(metric);
  }

  /**
   * One round: asks every sampler that is due, concurrently. Resolves, never rejects, when all have settled or missed
   * their deadline, with all that is known, structured-clone-able. Calls during a round share it; after `close`, `[]`.
   */
  collect(): Promise<readonly MetricSnapshot[]> {
    this.#round ??= Promise.resolve()
      .then(() => this.#ask())
      .then(() => this.#result())
      .finally(() => {
        this.#round = undefined;
      });
    return this.#round;
  }

  /** One round without waiting, for a process that ends: what samplers put at once, else what they put last. */
  collectNow(): readonly MetricSnapshot[] {
    if (this.#closed) return [];
    this.#reconcile();
    for (const slot of [...this.#slots.values()]) slot.ask();
    return this.#result();
  }

  /** Leaves all samplers; a round in progress ends at once. Idempotent. */
  close(): void {
    this.#closed = true;
    for (const sampler of [...this.#slots.keys()]) this.#leave(sampler);
  }

  async #ask(): Promise<void> {
    if (this.#closed) return;
    this.#reconcile();
    const open: Call[] = [];
    for (const slot of [...this.#slots.values()]) {
      if (this.#closed) return;
      const call = slot.ask();
      if (call?.open) open.push(call);
    }
    if (open.length === 0) return;
    const inTime = await within(this.#shared.timeout, Promise.all(open.map((call) => call.done)));
    if (!inTime) for (const call of open) call.expire();
  }

  #result(): MetricSnapshot[] {
    if (this.#closed) return [];
    const snapshots: MetricSnapshot[] = [];
    for (const slot of this.#slots.values()) snapshots.push(...slot.snapshots());
    snapshots.push(...ownSnapshots([...this.#tallies.values()]));
    return snapshots;
  }

  /** Makes the slots those of the samplers present. An unreadable set leaves them as they are. */
  #reconcile(): void {
    let present: Set<unknown>;
    try {
      present = new Set<unknown>(this.#samplers);
    } catch {
      this.#shared.warnings.once('ERR_LOADLINE_SAMPLER_SET', '', {});
      return;
    }
    for (const sampler of [...this.#slots.keys()]) if (!present.has(sampler)) this.#leave(sampler);
    for (const sampler of present) if (!this.#slots.has(sampler)) this.#enter(sampler);
  }

  #enter(candidate: unknown): void {
    try {
      const scope = readScope(candidate);
      if (scope === undefined) this.#invalid(typeof candidate);
      else if (this.#slots.size >= MAX_SAMPLERS) {
        this.#shared.warnings.once('ERR_LOADLINE_SAMPLER_LIMIT', scope.name, { scope: scope.name });
      } else this.#slots.set(candidate, this.#slot(candidate as Sampler, scope));
    } catch {
      this.#invalid('reading it threw');
    }
  }

  #invalid(found: string): void {
    this.#shared.warnings.once('ERR_LOADLINE_SAMPLER_INVALID', found, { found });
  }

  #slot(sampler: Sampler, scope: Slot['scope']): Slot {
    const now = this.#shared.now();
    const { startTime } = sampler;
    const valid = typeof startTime === 'number' && startTime > 0 && startTime <= now;
    const tally = this.#tallies.get(scope.name) ?? new Tally(scope.name, now);
    this.#tallies.set(scope.name, tally);
    tally.holders++;
    return new Slot(sampler, scope, valid ? startTime : this.#processStart, tally, this.#shared);
  }

  #leave(sampler: unknown): void {
    const slot = this.#slots.get(sampler);
    if (slot === undefined) return;
    this.#slots.delete(sampler);
    if (--slot.tally.holders === 0) this.#tallies.delete(slot.scope.name);
    slot.leave();
  }
}
