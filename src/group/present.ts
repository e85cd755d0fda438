/** What this process has to show at this moment: itself, and as the leader of others all of them. */
import { epochOf, now } from '../clock.ts';
import { merge } from '../snapshot/merge.ts';
import type { Sight } from '../snapshot/sight.ts';
import type { MetricSnapshot, Snapshot } from '../snapshot/snapshot.ts';
import { Held } from './held.ts';
import type { Heritage } from './heritage.ts';
import type { Ledger } from './ledger.ts';
import type { GroupOptions } from './options.ts';
import { sightOf } from './sight.ts';
import type { Slot, SlotTable } from './slots.ts';
import type { Moment, View } from './view.ts';

export interface PresentOptions extends Pick<GroupOptions, 'self' | 'read' | 'readHost'> {
  readonly table: SlotTable;
  readonly ledger: Ledger;
  readonly heritage: Heritage;
  readonly view: View;
}

export class Present {
  readonly #options: PresentOptions;
  /** It is one of several. */
  hasCompany = false;

  constructor(options: PresentOptions) {
    this.#options = options;
  }

  /** This process by itself. */
  alone(): Snapshot {
    const { self, read, readHost, heritage } = this.#options;
    const time = epochOf(now());
    return { time, resource: self.resource, metrics: merge([read(), heritage.host(readHost(), time)]) };
  }

  /** All processes; undefined without company. */
  moment(): Moment | undefined {
    const { table, readHost, heritage } = this.#options;
    const slot = this.note();
    if (!slot) return undefined;
    const moment = now();
    const time = epochOf(moment);
    slot.occupant!.time = time;
    return { time, now: moment, slots: table.copy(), host: heritage.host(readHost(), time) };
  }

  show(moment: Moment): Snapshot {
    return this.#options.view.show(moment);
  }

  /** What all said last; undefined without company. */
  sight(): Sight | undefined {
    const moment = this.moment();
    return moment && sightOf(this.show(moment), moment, this.#options.self.key);
  }

  /** Puts what this process counts now into its slot, which it returns; undefined without company. */
  note(): Slot | undefined {
    const { self, table, read, ledger } = this.#options;
    const slot = this.hasCompany ? table.find(self.key) : undefined;
    if (!slot) return undefined;
    const metrics: readonly MetricSnapshot[] = read();
    Object.assign(slot.occupant!, { held: Held.of(ledger.observe(metrics)), time: epochOf(now()) });
    return slot;
  }
}
