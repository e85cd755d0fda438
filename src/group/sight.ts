/** The group at one moment, as its leader knows it, each process by itself: pure. */
import type { ProcessSight, Sight } from '../snapshot/sight.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import type { Slot } from './slots.ts';
import type { Moment } from './view.ts';
import { stateOf } from './watch.ts';

/** `shown`: what the leader makes of that moment. `self`: its own key. */
export function sightOf({ resource, metrics }: Snapshot, moment: Moment, self: string): Sight {
  const processes = moment.slots.map((slot) => processOf(slot, moment, self));
  return { time: moment.time, resource, metrics, processes };
}

function processOf(slot: Slot, { time, now }: Moment, self: string): ProcessSight {
  const { number, occupant, missing, base } = slot;
  const state = stateOf(slot, self, now) ?? 'gone';
  const silentFrom = state === 'stale' ? occupant?.heard : missing?.since;
  return {
    slot: number,
    key: occupant?.key,
    pid: occupant?.pid ?? missing?.pid,
    state,
    since: silentFrom === undefined ? undefined : time - (now - silentFrom),
    metrics: occupant?.held?.metrics ?? [],
    earlier: base.metrics,
  };
}
