/** The pushing adapters of a process together: one snapshot for all of them at each interval, and the end. */
import { describe } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import type { Adapter } from './adapter.ts';
import type { ExportCounts } from './export-counts.ts';
import { Pusher } from './push.ts';

export interface PushingOptions {
  readonly adapters: readonly { readonly name: string; readonly adapter: Adapter }[];
  /** ms between two pushes. */
  readonly interval: number;
  readonly counts: ExportCounts;
  readonly log: Log;
  /** Never rejects. */
  snapshot(): Promise<Snapshot>;
  /** What deltas begin from: what was delivered by whoever pushed before. Undefined: everything is new. */
  basisOf(name: string): Snapshot | undefined;
  /** To be kept for whoever pushes next. */
  onDelivered(name: string, basis: Snapshot): void;
  /** All adapters answer for what was shown up to `time` (epoch ms). */
  onTaken?(time: number): void;
}

/** Nothing here throws or rejects. */
export class Pushing {
  readonly #options: PushingOptions;
  readonly #pushers: readonly Pusher[];
  /** Epoch ms, by adapter. */
  readonly #taken = new Map<string, number>();

  constructor(options: PushingOptions) {
    this.#options = options;
    const { counts, log, interval, basisOf, onDelivered } = options;
    this.#pushers = options.adapters.map(({ name, adapter }) => {
      counts.begin(name);
      return new Pusher({
        adapter,
        interval,
        basis: basisOf(name),
        onDelivered: (basis) => onDelivered(name, basis),
        onTaken: (time) => this.#onTaken(name, time),
        count: (outcome, points) => counts.add(name, outcome, points),
        onFailure: (reason) =>
          log.once(`export:${name}:${reason}`, describe('ERR_LOADLINE_EXPORT_FAILED', { adapter: name, reason })),
      });
    });
  }

  get isEmpty(): boolean {
    return this.#pushers.length === 0;
  }

  #onTaken(adapter: string, time: number): void {
    this.#taken.set(adapter, time);
    const { adapters, onTaken } = this.#options;
    onTaken?.(Math.min(...adapters.map(({ name }) => this.#taken.get(name) ?? 0)));
  }

  /** Resolves when the snapshot is handed over, not when it is delivered. */
  async push(): Promise<void> {
    const snapshot = await this.#options.snapshot();
    for (const pusher of this.#pushers) void pusher.push(snapshot);
  }

  /** The last interval and the end, within `limit` ms. */
  async stop(limit: number): Promise<void> {
    let last: Promise<Snapshot> | undefined;
    const take = () => {
      last ??= this.#options.snapshot();
      return last;
    };
    await Promise.all(this.#pushers.map((pusher) => pusher.stop(take, limit)));
  }
}
