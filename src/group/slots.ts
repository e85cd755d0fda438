/**
 * The slots of a group: who has which, and what everybody who had it counted. Pure but for the question whether a
 * process is gone. All members hold a table; the leader's is the one that counts.
 */
import type { Attributes } from '../snapshot/metric.ts';
import type { MetricSnapshot } from '../snapshot/snapshot.ts';
import { Held } from './held.ts';
import { foldSums } from './sums.ts';

/** What tells a process from every other one of this machine, and stays the same when its agent is started again. */
export interface Who {
  readonly key: string;
  readonly pid: number;
}

/** A process that has a slot. */
export interface Occupant extends Who {
  /** Processes that had this slot so far, this one included. */
  readonly generation: number;
  resource: Attributes | undefined;
  /** It talks with us now. */
  connected: boolean;
  /** It said goodbye: nobody misses it. */
  left: boolean;
  /** ms, monotonic: its last word. */
  heard: number;
  /** Epoch ms at which `held` was taken. */
  time: number;
  held: Held | undefined;
}

export interface Slot {
  /** From 1. */
  readonly number: number;
  /** Generations that `base` has. */
  through: number;
  /** Counters and histograms of earlier occupants, as one. */
  base: Held;
  occupant: Occupant | undefined;
  /** Its last process ended without goodbye, and none took its place. `since` in ms, monotonic. */
  missing: { readonly pid: number; readonly since: number } | undefined;
}

/** A slot as its process knows it. */
export interface Claim {
  readonly slot: number;
  readonly generation: number;
}

export interface RosterEntry extends Claim, Who {}

/** The last that was heard of a process, at `time` (epoch ms). */
export interface Last extends RosterEntry {
  readonly resource: Attributes;
  readonly time: number;
  /** It said goodbye. */
  readonly left: boolean;
}

/** ms for which a process that ended without goodbye is missed. */
const MISSING_FOR = 600_000;
/** More slots than that, and something is wrong with whoever asks. */
export const SLOT_LIMIT = 1024;

export interface SlotTableOptions {
  /** Series that one metric may have in what is kept of earlier processes. */
  readonly limit: number;
  /** Whether no process has that id. */
  isGone(pid: number): boolean;
  /** A process is gone, and what it counted is about to become part of its slot's base. */
  onFold?(slot: Slot): void;
}

export class SlotTable {
  readonly #slots = new Map<number, Slot>();
  readonly #options: SlotTableOptions;

  constructor(options: SlotTableOptions) {
    this.#options = options;
  }

  /** Ascending: sums are made in this order, so that rounding never makes one fall. */
  slots(): Slot[] {
    return [...this.#slots.values()].sort((a, b) => a.number - b.number);
  }

  /** The same as they are now: what changes afterwards is not in it. */
  copy(): Slot[] {
    return this.slots().map((slot) => ({ ...slot, occupant: slot.occupant && { ...slot.occupant } }));
  }

  isGone(pid: number): boolean {
    return this.#options.isGone(pid);
  }

  find(key: string): Slot | undefined {
    for (const slot of this.#slots.values()) if (slot.occupant?.key === key) return slot;
    return undefined;
  }

  /**
   * Gives a process its slot: the one it has, the one it claims, or the lowest that is free. Undefined when there is
   * none. `time` is ms, monotonic.
   */
  attach(who: Who, resource: Attributes, claim: Claim | undefined, time: number): Slot | undefined {
    const slot = this.find(who.key) ?? this.#claimed(who, claim) ?? this.#free(who);
    if (slot === undefined) return undefined;
    Object.assign(slot.occupant!, { resource, connected: true, left: false, heard: time });
    slot.missing = undefined;
    return slot;
  }

  /** Nobody talks with us yet: a new leader gives everybody time to come. */
  begin(time: number): void {
    for (const { occupant } of this.#slots.values())
      if (occupant) Object.assign(occupant, { connected: false, heard: time });
  }

  /** It does not talk with us any more. `left`: it said goodbye. */
  detach(key: string, left: boolean): void {
    const occupant = this.find(key)?.occupant;
    if (!occupant) return;
    occupant.connected = false;
    occupant.left ||= left;
  }

  /** Processes that should be there, of which nothing was heard yet. */
  expect(roster: readonly RosterEntry[], time: number): void {
    for (const { slot: number, ...who } of roster) {
      const slot = this.#slot(number);
      if (!slot || who.generation <= slot.through) continue;
      if (slot.occupant && slot.occupant.generation >= who.generation) continue;
      this.#occupy(slot, who, time);
    }
  }

  /** Takes what another one knows of earlier processes, if that is more. */
  adoptBase(number: number, through: number, base: Held): void {
    const slot = this.#slot(number);
    if (!slot || through <= slot.through) return;
    slot.through = through;
    slot.base = base;
    if (slot.occupant && slot.occupant.generation <= through && !slot.occupant.connected) slot.occupant = undefined;
  }

  /** Takes what another one heard of a process that does not talk with us itself, if that is later. */
  adoptLast(last: Last, held: Held, time: number): void {
    const { slot: number, resource, time: at, left, ...who } = last;
    const slot = this.#slot(number);
    if (!slot || who.generation <= slot.through) return;
    const known = slot.occupant;
    if (known && (known.connected || known.generation > who.generation)) return;
    const occupant = known?.key === who.key ? known : this.#occupy(slot, who, time);
    occupant.left ||= left;
    if (occupant.held && occupant.time >= at) return;
    Object.assign(occupant, { resource, time: at, held });
  }

  /**
   * Adds what processes that are gone counted to the base of their slots. Returns the slots that this changed: others
   * must be told of their bases before the sums are shown.
   */
  sweep(time: number): Slot[] {
    const changed: Slot[] = [];
    for (const slot of this.#slots.values()) {
      if (slot.missing && time - slot.missing.since > MISSING_FOR) slot.missing = undefined;
      const { occupant } = slot;
      if (!occupant || occupant.connected || !this.isGone(occupant.pid)) continue;
      this.#fold(slot, time);
      changed.push(slot);
    }
    return changed;
  }

  #claimed(who: Who, claim: Claim | undefined): Slot | undefined {
    const slot = claim && this.#slot(claim.slot);
    if (!slot || claim.generation <= slot.through) return undefined;
    if (slot.occupant && (slot.occupant.connected || slot.occupant.generation >= claim.generation)) return undefined;
    this.#occupy(slot, { ...who, generation: claim.generation }, 0);
    return slot;
  }

  #free(who: Who): Slot | undefined {
    for (let number = 1; number <= SLOT_LIMIT; number++) {
      const slot = this.#slot(number)!;
      const { occupant } = slot;
      if (occupant && (occupant.connected || !this.isGone(occupant.pid))) continue;
      this.#occupy(slot, { ...who, generation: Math.max(slot.through, occupant?.generation ?? 0) + 1 }, 0);
      return slot;
    }
    return undefined;
  }

  /** An earlier occupant that was not known to be gone is so now. */
  #occupy(slot: Slot, who: Who & { readonly generation: number }, time: number): Occupant {
    if (slot.occupant) this.#fold(slot, time);
    const { key, pid, generation } = who;
    const rest = { resource: undefined, connected: false, left: false, heard: time, time: 0, held: undefined };
    slot.occupant = { key, pid, generation, ...rest };
    return slot.occupant;
  }

  #fold(slot: Slot, time: number): void {
    const { generation, held, left, pid } = slot.occupant!;
    this.#options.onFold?.(slot);
    if (held) slot.base = Held.of(foldSums(held.metrics, slot.base.metrics, this.#options.limit));
    slot.through = generation;
    slot.occupant = undefined;
    if (!left) slot.missing = { pid, since: time };
  }

  #slot(number: number): Slot | undefined {
    if (!Number.isInteger(number) || number < 1 || number > SLOT_LIMIT) return undefined;
    const known = this.#slots.get(number);
    if (known) return known;
    const slot: Slot = { number, through: 0, base: Held.of([]), occupant: undefined, missing: undefined };
    this.#slots.set(number, slot);
    return slot;
  }
}

/** What a slot's process shows of itself, and what of it is still true. */
export interface Shown {
  readonly number: number;
  readonly live: readonly MetricSnapshot[];
  /** Its gauges and updowns are over. */
  readonly over: boolean;
  readonly base: readonly MetricSnapshot[];
}

export function shownOf({ number, occupant, base }: Slot): Shown {
  const over = occupant === undefined || occupant.left;
  return { number, live: occupant?.held?.metrics ?? [], over, base: base.metrics };
}
