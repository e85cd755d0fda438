/** The pushing adapters of a process together: one snapshot for all of them at each interval, and the end. */
import { describe } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import type { Adapter } from './adapter.ts';
import { type Delivered, pack, unpack } from './delivered.ts';
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
  /** By reporters before this one: what deltas begin from. */
  readonly delivered: Delivered;
  /** To be kept for the next reporter. */
  onDelivered(name: string, basis: SharedArrayBuffer): void;
}

/** Nothing here throws or rejects. */
export class Pushing {
  readonly #options: PushingOptions;
  readonly #pushers: readonly Pusher[];

  constructor(options: PushingOptions) {
    this.#options = options;
    const { counts, log, interval, delivered, onDelivered } = options;
    this.#pushers = options.adapters.map(({ name, adapter }) => {
      counts.begin(name);
      return new Pusher({
        adapter,
        interval,
        basis: unpack(delivered.get(name)),
        onDelivered: (basis) => onDelivered(name, pack(basis)),
        count: (outcome, points) => counts.add(name, outcome, points),
        onFailure: (reason) =>
          log.once(`export:${name}:${reason}`, describe('ERR_LOADLINE_EXPORT_FAILED', { adapter: name, reason })),
      });
    });
  }

  get isEmpty(): boolean {
    return this.#pushers.length === 0;
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
