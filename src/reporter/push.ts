/** One pusher per pushing adapter: when it is called, with what, for how long. */
import { timers } from '../clock.ts';
import { reasonOf } from '../errors.ts';
import { delta } from '../snapshot/delta.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import type { Adapter, Outcome } from './adapter.ts';

/** ms that a push may take, at most one interval. */
const PUSH_LIMIT = 30_000;
/** ms that an adapter has to settle after its signal aborted, until it is reported as one that does not. */
const GRACE = 1000;
/** The part of the time for stopping that the last push may take; the rest is for `close`. */
const LAST_PUSH = 0.8;

export interface PusherOptions {
  readonly adapter: Adapter;
  /** ms between two pushes. */
  readonly interval: number;
  /**
   * With temporality `delta`: what the first push is measured from. Default: everything is new. A reporter that was
   * started again gives its first snapshot, since what its predecessor delivered must not be delivered twice.
   */
  readonly basis?: Snapshot | undefined;
  /**
   * Something was delivered. `basis`: what the next deltas are measured from; `all`: nothing of it was left out. Must
   * not throw.
   */
  onDelivered?(basis: Snapshot, all: boolean): void;
  count(outcome: Outcome, points: number): void;
  /** An attempt failed. Called each time; must not throw. */
  onFailure(reason: string): void;
}

/** Never throws, never calls `push` while a call is under way, and never makes anybody else wait. */
export class Pusher {
  readonly #options: PusherOptions;
  readonly #limit: number;
  /** What the adapter answers for, by process. */
  #delivered: Map<string, Snapshot>;
  #running: Promise<void> | undefined;
  /** ms: when the delivery under way has to be over. */
  #until = 0;
  #abort: AbortController | undefined;
  #stopping: Promise<void> | undefined;

  constructor(options: PusherOptions) {
    this.#options = options;
    this.#limit = Math.min(options.interval, PUSH_LIMIT);
    this.#delivered = new Map(this.#partsOf(options.basis).map((part) => [this.#keyOf(part), part]));
  }

  /** Hands a snapshot over; one that comes while the last is still being delivered is left to the next. */
  push(snapshot: Snapshot): Promise<void> {
    if (this.#stopping) return this.#stopping;
    this.#running ??= this.#deliver(snapshot, this.#limit);
    return this.#running;
  }

  /**
   * A last push with what `take` gives, then `close`, within `limit` ms whatever the adapter does. A push under way is
   * waited for, and cut short in time. Idempotent.
   */
  stop(take: () => Promise<Snapshot>, limit: number): Promise<void> {
    this.#stopping ??= this.#end(take, limit);
    return this.#stopping;
  }

  async #end(take: () => Promise<Snapshot>, limit: number): Promise<void> {
    const begin = performance.now();
    const left = (part: number) => Math.max(0, begin + part * limit - performance.now());
    const cut = timers.setTimeout(
      () => {
        this.#until = 0;
        this.#abort?.abort();
      },
      left(LAST_PUSH / 2),
    );
    const work = (async () => {
      await this.#running;
      await this.#deliver(await take(), left(LAST_PUSH));
    })();
    await atMost(work, left(LAST_PUSH) + 20);
    timers.clearTimeout(cut);
    await atMost(this.#close(left(1)), left(1) + 20);
  }

  async #close(limit: number): Promise<void> {
    try {
      await this.#options.adapter.close?.(AbortSignal.timeout(Math.ceil(limit)));
    } catch (error) {
      this.#options.onFailure(reasonOf(error));
    }
  }

  /** One after the other, in the time that is left. */
  async #deliver(snapshot: Snapshot, limit: number): Promise<void> {
    this.#until = performance.now() + limit;
    const before = this.#delivered;
    const parts = this.#partsOf(snapshot);
    const taken = new Set<Snapshot>();
    for (const part of parts) {
      const left = this.#until - performance.now();
      if (left <= 0 && part !== parts[0]) break;
      if (await this.#deliverPart(part, before.get(this.#keyOf(part)), Math.max(0, left))) taken.add(part);
    }
    const basis = parts.map((part) => (taken.has(part) ? part : before.get(this.#keyOf(part))));
    const known = basis.filter((part) => part !== undefined);
    this.#delivered = new Map(known.map((part) => [this.#keyOf(part), part]));
    this.#running = undefined;
    if (taken.size === 0) return;
    const { processes, ...whole } = snapshot;
    const isApart = this.#options.adapter.perProcess && processes !== undefined;
    const mark = isApart ? { ...whole, metrics: [], processes: known } : whole;
    this.#options.onDelivered?.(mark, taken.size === parts.length);
  }

  /** With an adapter that takes processes apart, each of them; else the whole. */
  #partsOf(snapshot: Snapshot | undefined): readonly Snapshot[] {
    if (snapshot === undefined) return [];
    return this.#options.adapter.perProcess ? (snapshot.processes ?? [snapshot]) : [snapshot];
  }

  #keyOf({ resource }: Snapshot): string {
    return this.#options.adapter.perProcess ? String(resource['service.instance.id'] ?? '') : '';
  }

  /** True when the adapter answers for it. Settles when the adapter does: until then it must not be called again. */
  async #deliverPart(snapshot: Snapshot, before: Snapshot | undefined, limit: number): Promise<boolean> {
    const given = this.#options.adapter.temporality === 'delta' ? delta(before, snapshot) : snapshot;
    const points = given.metrics.reduce((sum, metric) => sum + metric.points.length, 0);
    const abort = new AbortController();
    this.#abort = abort;
    const late = `its push did not end within ${Math.ceil(limit)} ms`;
    const deadline = timers.setTimeout(() => abort.abort(new Error(late)), limit);
    let failed = false;
    const fail = (reason: string) => {
      if (!failed) this.#fail(points, reason);
      failed = true;
    };
    const stuck = timers.setTimeout(() => fail(late), limit + GRACE);
    stuck.unref();
    try {
      await this.#options.adapter.push!(given, abort.signal);
      return true;
    } catch (error) {
      fail(reasonOf(error));
      return false;
    } finally {
      timers.clearTimeout(deadline);
      timers.clearTimeout(stuck);
    }
  }

  #fail(points: number, reason: string): void {
    this.#options.count('failed', points);
    this.#options.onFailure(reason);
  }
}

/** Waits for the work, but no longer than that. */
async function atMost(work: Promise<void>, limit: number): Promise<void> {
  let timer: ReturnType<typeof timers.setTimeout> | undefined;
  const patience = new Promise<void>((resolve) => {
    timer = timers.setTimeout(resolve, limit);
  });
  await Promise.race([work, patience]);
  timers.clearTimeout(timer);
}
