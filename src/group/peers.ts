/** The connections of a leader: who is on each, and what they are told. */
import type { Link } from './link.ts';
import type { Message } from './messages.ts';
import type { Note, Notes } from './note.ts';
import type { RosterEntry, Slot, SlotTable, Who } from './slots.ts';

/** Members that keep all that the leader knows. */
const DEPUTIES = 2;

export type Hello = Extract<Message, { type: 'hello' }>;

export interface Peer {
  readonly link: Link;
  /** Known from its first word on. */
  who?: Who;
  /** Known once it is a member. */
  slot?: Slot;
  isDeputy: boolean;
  /** It has told all that it knows of an earlier leader. */
  isSettled: boolean;
  /** It came without a slot while the leader gathered: it gets one afterwards. */
  waits?: Hello | undefined;
}

export class Peers {
  readonly #table: SlotTable;
  readonly #peers = new Set<Peer>();
  /** Generations in the base of each slot that all members know of. */
  readonly #told = new Map<number, number>();

  constructor(table: SlotTable) {
    this.#table = table;
  }

  get size(): number {
    return this.#peers.size;
  }

  all(): Peer[] {
    return [...this.#peers];
  }

  members(): Peer[] {
    return this.all().filter(({ slot }) => slot);
  }

  deputies(): Peer[] {
    return this.all().filter(({ isDeputy }) => isDeputy);
  }

  add(peer: Peer): void {
    this.#peers.add(peer);
  }

  delete(peer: Peer): void {
    this.#peers.delete(peer);
  }

  tell(message: Message): void {
    for (const { link } of this.members()) link.send(message);
  }

  tellRoster(): void {
    const roster: RosterEntry[] = [];
    for (const { number, occupant } of this.#table.slots()) {
      if (!occupant) continue;
      const { generation, key, pid } = occupant;
      roster.push({ slot: number, generation, key, pid });
    }
    this.tell({ type: 'roster', roster });
  }

  /** The bases that have changed. */
  tellBases(): void {
    for (const slot of this.#table.slots()) {
      if (slot.through === (this.#told.get(slot.number) ?? 0)) continue;
      this.#told.set(slot.number, slot.through);
      for (const { link } of this.members()) sendBase(link, slot);
    }
  }

  /** Those that joined first, as many as are missing. */
  appoint(notes: Notes): void {
    for (const peer of this.members()) {
      if (this.deputies().length >= DEPUTIES) return;
      if (peer.isDeputy) continue;
      peer.isDeputy = true;
      peer.link.send({ type: 'deputy' });
      for (const slot of this.#table.slots()) if (slot !== peer.slot) sendLast(peer.link, slot);
      for (const [name, note] of notes) sendNote(peer.link, name, note);
    }
  }
}

export function sendBase(link: Link, { number, through, base }: Slot): void {
  link.send({ type: 'base', slot: number, through }, base.bytes);
}

/** Nothing where nothing was heard of its process. */
export function sendLast(link: Link, { number, occupant }: Slot): void {
  if (!occupant?.held || !occupant.resource) return;
  const { generation, key, pid, resource, time, left, held } = occupant;
  link.send({ type: 'last', slot: number, generation, key, pid, resource, time, left }, held.bytes);
}

export function sendNote(link: Link, name: string, { time, bytes }: Note): void {
  link.send({ type: 'note', name, time }, bytes);
}
