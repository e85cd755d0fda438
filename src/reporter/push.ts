/** One pusher per pushing adapter: when it is called, with what, for how long. */
import { atMost, timers } from '../clock.ts';
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
  readonly basis?: Snapshot | undefined;
  /** With temporality `delta`: a push has resolved, and the next one is measured from this. Must not throw. */
  onDelivered?(basis: Snapshot): void;
  /** All of a snapshot that was taken at `time` (epoch ms) is the adapter's to answer for. Must not throw. */
  onTaken?(time: number): void;
  count(outcome: Outcome, points: number): void;
  /** An attempt failed. Called each time; must not throw. */
  onFailure(reason: string): void;
}

/** Never throws, never calls `push` while a call is under way, and never makes anybody else wait. */
export class Pusher {
  readonly #options: PusherOptions;
  readonly #limit: number;
  /** What the adapter answers for, by process where it takes them apart. Stays as it is where totals are pushed. */
  #bases: ReadonlyMap<string, Snapshot>;
  #running: Promise<void> | undefined;
  /** ms: when the delivery under way has to be over. */
  #until = 0;
  #abort: AbortController | undefined;
  #stopping: Promise<void> | undefined;

  constructor(options: PusherOptions) {
    this.#options = options;
    this.#limit = Math.min(options.interval, PUSH_LIMIT);
    this.#bases = new Map(this.#partsOf(options.basis).map((part) => [this.#keyOf(part), part]));
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
    const cut = timers.setTimeout(
      () => {
        this.#until = 0;
        underWay?.abort();
      },
      left(LAST_PUSH / 2),
    );
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

  /** One process after the other, in the time that there is; those it does not suffice for come with the next push. */
  async #deliver(snapshot: Snapshot, limit: number): Promise<void> {
    const { adapter, onTaken } = this.#options;
    this.#until = performance.now() + limit;
    const taken = new Map<string, Snapshot>();
    const parts = this.#partsOf(snapshot);
    for (const part of parts) {
      const left = this.#until - performance.now();
      if (left <= 0 && part !== parts[0]) break;
      const key = this.#keyOf(part);
      if (await this.#deliverPart(part, this.#bases.get(key), Math.max(0, left))) taken.set(key, part);
    }
    if (adapter.wants?.temporality === 'delta' && taken.size > 0) this.#delivered(snapshot, taken);
    if (taken.size === parts.length) onTaken?.(snapshot.time);
  }

  /** Each process, where the adapter takes them apart; else the whole. */
  #partsOf(snapshot: Snapshot | undefined): readonly Snapshot[] {
    if (snapshot === undefined) return [];
    return this.#options.adapter.wants?.perProcess ? (snapshot.processes ?? [snapshot]) : [snapshot];
  }

  #keyOf({ resource }: Snapshot): string {
    return this.#options.adapter.wants?.perProcess ? String(resource['service.instance.id'] ?? '') : '';
  }

  /** True when the adapter took it. Settles when the adapter does, however late: until then it must not be called again. */
  async #deliverPart(snapshot: Snapshot, basis: Snapshot | undefined, limit: number): Promise<boolean> {
    const isDelta = this.#options.adapter.wants?.temporality === 'delta';
    const given = isDelta ? delta(basis, snapshot) : snapshot;
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

  /** A process that is in the snapshot no more will not come back: its basis is over. */
  #delivered(snapshot: Snapshot, taken: ReadonlyMap<string, Snapshot>): void {
    const bases = new Map<string, Snapshot>();
    for (const part of this.#partsOf(snapshot)) {
      const key = this.#keyOf(part);
      const known = this.#bases.get(key);
      const current = taken.get(key);
      const basis = current ? { ...nextBasis(known, current), resource: part.resource } : known;
      if (basis) bases.set(key, basis);
    }
    this.#bases = bases;
    const { perProcess } = this.#options.adapter.wants ?? {};
    const [whole] = bases.values();
    const { time } = snapshot;
    const processes = [...bases.values()];
    this.#options.onDelivered?.(perProcess ? { time, resource: {}, metrics: [], processes } : whole!);
  }

  #fail(points: number, reason: string): void {
    this.#options.count('failed', points);
    this.#options.onFailure(reason);
  }
}
