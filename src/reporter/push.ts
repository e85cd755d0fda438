/** One pusher per pushing adapter: when it is called, with what, for how long. */
import { timers } from '../clock.ts';
import { reasonOf } from '../errors.ts';
import { nextBasis } from '../snapshot/basis.ts';
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
   * With temporality `delta`: what the first push is measured from, which is what the predecessor of this reporter
   * delivered. Default: everything is new.
   */
  readonly basis?: Snapshot;
  /** With temporality `delta`: a push has resolved, and the next one is measured from this. Must not throw. */
  onDelivered?(basis: Snapshot): void;
  count(outcome: Outcome, points: number): void;
  /** An attempt failed. Called each time; must not throw. */
  onFailure(reason: string): void;
}

/** Never throws, never calls `push` while a call is under way, and never makes anybody else wait. */
export class Pusher {
  readonly #options: PusherOptions;
  readonly #limit: number;
  /** What the adapter answers for. Stays as it is where totals are pushed. */
  #basis: Snapshot | undefined;
  #running: Promise<void> | undefined;
  #abort: AbortController | undefined;
  #stopping: Promise<void> | undefined;

  constructor(options: PusherOptions) {
    this.#options = options;
    this.#limit = Math.min(options.interval, PUSH_LIMIT);
    this.#basis = options.basis;
  }

  /** Hands a snapshot over; one that comes while the last is still being delivered is left to the next. */
  push(snapshot: Snapshot): Promise<void> {
    if (this.#stopping) return this.#stopping;
    // Ended here and not in `#deliver`, which is over before this line is when `push` throws instead of rejecting.
    this.#running ??= this.#deliver(snapshot, this.#limit).finally(() => {
      this.#running = undefined;
    });
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
    let isClosing = false;
    const underWay = this.#abort;
    const cut = timers.setTimeout(() => underWay?.abort(), left(LAST_PUSH / 2));
    const work = (async () => {
      await this.#running;
      timers.clearTimeout(cut);
      const snapshot = await take();
      if (!isClosing) await this.#deliver(snapshot, left(LAST_PUSH));
    })();
    await atMost(work, left(LAST_PUSH) + 20);
    isClosing = true;
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

  /** Settles when the adapter does, however late: until then it must not be called again. */
  async #deliver(snapshot: Snapshot, limit: number): Promise<void> {
    const isDelta = this.#options.adapter.temporality === 'delta';
    const given = isDelta ? delta(this.#basis, snapshot) : snapshot;
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
      if (isDelta) this.#delivered(snapshot);
    } catch (error) {
      fail(reasonOf(error));
    } finally {
      timers.clearTimeout(deadline);
      timers.clearTimeout(stuck);
    }
  }

  #delivered(snapshot: Snapshot): void {
    this.#basis = nextBasis(this.#basis, snapshot);
    this.#options.onDelivered?.(this.#basis);
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
