/** A process that has joined: it tells the leader what it counts, and keeps what must survive the leader. */
import type { Socket } from 'node:net';
import { now, timers } from '../clock.ts';
import type { Attributes } from '../snapshot/metric.ts';
import { VERSION } from '../version.ts';
import { Held } from './held.ts';
import { Link } from './link.ts';
import { type Message, PROTOCOL } from './messages.ts';
import { type Notes, takeNote } from './note.ts';
import { sendBase, sendLast, sendNote } from './peers.ts';
import type { Claim, RosterEntry, SlotTable, Who } from './slots.ts';

/** ms in which a leader must answer a process that joins. It may still be waiting for others. */
const WELCOME_LIMIT = 3000;
/** Bytes of values for each second: more of them are sent less often. */
const BYTES_PER_SECOND = 256 * 1024;

type Of<T extends Message['type']> = Extract<Message, { type: T }>;

export interface MemberOptions {
  readonly socket: Socket;
  readonly table: SlotTable;
  readonly self: Who & { readonly resource: Attributes };
  /** What it has under the last leader, if it was with one. */
  readonly claim: Claim | undefined;
  readonly wasDeputy: boolean;
  readonly notes: Notes;
  onPull(number: number): void;
  /** The answer, as JSON can carry it. Must not throw. */
  onAsk(what: string): unknown;
  onOpen(url: string): void;
  /** The leader is gone. `problem`: what it did wrong, if it did. */
  onEnd(problem: string | undefined): void;
}

export type Joined =
  | { readonly state: 'joined'; readonly claim: Claim }
  | { readonly state: 'refused'; readonly protocol: number; readonly version: string; readonly reason: string }
  /** It closed at once: it is no leader any more. */
  | { readonly state: 'closed' }
  | { readonly state: 'silent' }
  | { readonly state: 'garbage'; readonly problem: string };

/** Nothing here throws or rejects. */
export class Member {
  readonly #options: MemberOptions;
  readonly #link: Link;
  #settle: ((joined: Joined) => void) | undefined;
  #claim: Claim | undefined;
  #isDeputy = false;
  /** ms, monotonic. */
  #heard = now();
  #sendFrom = 0;
  #leaderPid = 0;

  constructor(options: MemberOptions) {
    this.#options = options;
    this.#link = new Link(options.socket, {
      onMessage: (message, body) => this.#onMessage(message, body),
      onClose: (problem) => this.#onClose(problem),
    });
  }

  join(): Promise<Joined> {
    const { self, claim, table } = this.#options;
    const joined = new Promise<Joined>((resolve) => {
      const limit = timers.setTimeout(() => this.#settle?.({ state: 'silent' }), WELCOME_LIMIT);
      this.#settle = (result) => {
        timers.clearTimeout(limit);
        this.#settle = undefined;
        if (result.state !== 'joined') this.#link.close();
        resolve(result);
      };
    });
    const roster: RosterEntry[] = [];
    for (const { number, occupant } of table.slots()) {
      if (!occupant || occupant.left) continue;
      roster.push({ slot: number, generation: occupant.generation, key: occupant.key, pid: occupant.pid });
    }
    this.#link.send({
      ...{ type: 'hello', protocol: PROTOCOL, version: VERSION, key: self.key, pid: self.pid },
      ...{ resource: self.resource, roster, ...claim },
    });
    return joined;
  }

  get leaderPid(): number {
    return this.#leaderPid;
  }

  get isDeputy(): boolean {
    return this.#isDeputy;
  }

  /** ms since the leader said anything. */
  silence(): number {
    return now() - this.#heard;
  }

  /** Whether it is time for values again, and the leader takes them. */
  wantsValues(): boolean {
    return now() >= this.#sendFrom && this.#link.isDrained;
  }

  /** False when they are too long to be sent. */
  values(held: Held, time: number, pull?: number): boolean {
    const { bytes } = held;
    this.#sendFrom = now() + (bytes.length / BYTES_PER_SECOND - 1) * 1000;
    return this.#link.send({ type: 'values', time, ...(pull !== undefined && { pull }) }, bytes) || !this.#link.isOpen;
  }

  beat(): void {
    if (this.#link.isDrained) this.#link.send({ type: 'beat' });
  }

  /** Without a word: it does not answer anyway. */
  leaveAtOnce(): void {
    this.#link.close();
  }

  /** Says goodbye; resolves when the leader has read it. */
  async leave(limit: number): Promise<void> {
    this.#link.send({ type: 'bye', key: this.#options.self.key });
    await this.#link.over(limit);
  }

  #onMessage(message: Message, body: Buffer): void {
    this.#heard = now();
    if (message.type === 'welcome') this.#onWelcome(message);
    else if (message.type === 'refused') this.#settle?.({ state: 'refused', ...message });
    else if (this.#claim) this.#onNews(message, body);
    else throw new Error(`${message.type} before welcome`);
  }

  #onNews(message: Message, body: Buffer): void {
    const { table, notes } = this.#options;
    if (message.type === 'pull') this.#options.onPull(message.number);
    else if (message.type === 'ask') this.#answer(message.number, message.what);
    else if (message.type === 'base') table.adoptBase(message.slot, message.through, Held.ofBytes(body));
    else if (message.type === 'roster') table.expect(message.roster, now());
    else if (message.type === 'open') this.#options.onOpen(message.url);
    else if (message.type === 'deputy') this.#isDeputy = true;
    else if (message.type === 'note') takeNote(notes, message.name, message.time, body);
    else if (message.type === 'bye') table.detach(message.key, true);
    else if (message.type === 'last') this.#onLast(message, body);
  }

  #answer(number: number, what: string): void {
    const answer = this.#options.onAsk(what) ?? null;
    this.#link.send({ type: 'answer', number }, Buffer.from(JSON.stringify(answer)));
  }

  #onWelcome({ slot, generation, known, pid, gathers }: Of<'welcome'>): void {
    this.#leaderPid = pid;
    this.#claim = { slot, generation };
    this.#link.trust();
    if (this.#options.claim) this.#tell(new Map(known));
    this.#link.send({ type: 'settled', deputy: this.#options.wasDeputy });
    // It led beside the other one: its slots are not those that are known here, and it tells of all of them.
    if (!gathers) this.#options.table.clear();
    this.#settle?.({ state: 'joined', claim: this.#claim });
  }

  /** What the new leader may not know. */
  #tell(known: ReadonlyMap<number, number>): void {
    const { table, self, notes, wasDeputy } = this.#options;
    for (const slot of table.slots()) {
      if (slot.through > (known.get(slot.number) ?? 0)) sendBase(this.#link, slot);
      if (slot.occupant?.key !== self.key) sendLast(this.#link, slot);
    }
    if (wasDeputy) for (const [name, note] of notes) sendNote(this.#link, name, note);
  }

  #onLast(message: Of<'last'>, body: Buffer): void {
    if (message.key === this.#options.self.key) return;
    this.#options.table.adoptLast(message, Held.ofBytes(body), now());
  }

  #onClose(problem: string | undefined): void {
    if (this.#settle) this.#settle(problem === undefined ? { state: 'closed' } : { state: 'garbage', problem });
    else if (this.#claim) this.#options.onEnd(problem);
  }
}
