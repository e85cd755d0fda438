/** The leading process of a group: it knows what every process says, and tells them what must outlive itself. */
import type { Server, Socket } from 'node:net';
import { now, timers } from '../clock.ts';
import type { Attributes } from '../snapshot/metric.ts';
import { VERSION } from '../version.ts';
import { Held } from './held.ts';
import { Link } from './link.ts';
import { type Message, PROTOCOL } from './messages.ts';
import { type Note, type Notes, takeNote } from './note.ts';
import { type Hello, type Peer, Peers, sendBase, sendLast, sendNote } from './peers.ts';
import { Questions } from './questions.ts';
import type { Occupant, Slot, SlotTable, Who } from './slots.ts';
import { pause } from './waiting.ts';

/** ms in which a connection must say who it is. */
const HELLO_LIMIT = 2000;
/** ms that a leader that follows another one waits for others to come over: at least when it does not know whom. */
const GATHER_BLIND = 300;
const GATHER_LIMIT = 1000;
/** Connections at once. */
const PEER_LIMIT = 512;
/** ms until the second look at a process whose connection ended. */
const NOTICE_AGAIN = 100;
/** ms that the leader waits until deputies have what is about to be shown. */
const FLUSH_LIMIT = 100;

export interface LeaderOptions {
  readonly server: Server;
  readonly table: SlotTable;
  readonly self: Who & { readonly resource: Attributes };
  readonly notes: Notes;
  /** Somebody joined, for the first time or again; `isFromAnother`: it had a slot under another leader. */
  onJoin(isFromAnother: boolean): void;
  /** Somebody left, or is gone. */
  onChange(): void;
  /** What a peer did wrong. */
  warn(reason: string): void;
}

/** Nothing here throws or rejects. */
export class Leader {
  readonly #options: LeaderOptions;
  readonly #table: SlotTable;
  readonly #servers: Server[] = [];
  readonly #peers: Peers;
  readonly #questions = new Questions<Peer>();
  #gathering = false;
  #follows = false;
  #knowsNotes = false;
  #url: string | undefined;

  constructor(options: LeaderOptions) {
    this.#options = options;
    this.#table = options.table;
    this.#peers = new Peers(options.table);
    this.attend(options.server);
  }

  /** Takes who comes there, too. */
  attend(server: Server): void {
    this.#servers.push(server);
    server.on('connection', (socket) => this.#onConnection(socket));
    // Out of file descriptors, for one: those who are there stay.
    server.on('error', (error) => this.#options.warn(error.message));
  }

  get isGathering(): boolean {
    return this.#gathering;
  }

  /** Somebody came over from another leader. */
  get follows(): boolean {
    return this.#follows;
  }

  /** A deputy of the last leader came over: what it has no note of never was. */
  get knowsNotes(): boolean {
    return this.#knowsNotes;
  }

  get hasMembers(): boolean {
    return this.#peers.members().length > 0;
  }

  /** Waits for the processes that belong here, then takes its own slot. Before that, nothing may be shown. */
  async gather(isSuccessor: boolean): Promise<void> {
    const { self, notes } = this.#options;
    const begin = now();
    this.#gathering = true;
    const least = isSuccessor && this.#table.find(self.key) === undefined ? GATHER_BLIND : 0;
    for (let waited = 0; waited < GATHER_LIMIT; waited = now() - begin) {
      if (waited >= least && !(isSuccessor && this.#isAwaiting())) break;
      await pause();
    }
    this.#gathering = false;
    this.#table.attach(self, self.resource, undefined, now());
    for (const peer of this.#peers.all()) if (peer.waits) this.#welcome(peer, peer.waits);
    this.sweep();
    this.#peers.appoint(notes);
  }

  /** The others learn where the group serves; an empty text: nowhere. */
  open(url: string): void {
    this.#url = url;
    this.#peers.tell({ type: 'open', url });
  }

  beat(): void {
    this.#peers.tell({ type: 'beat' });
  }

  /** Processes that ended become part of their slot's base; everybody is told. */
  sweep(): void {
    if (this.#gathering) return;
    this.#table.sweep(now());
    this.#peers.tellBases();
  }

  /** Fresh values of all processes that answer within `limit` ms; of the others, the last ones stay. */
  async pull(limit: number): Promise<void> {
    await this.#questions.ask(this.#peers.members(), limit, ({ link }, number) => link.send({ type: 'pull', number }));
  }

  /** What each process answers to a question within `limit` ms, by slot; those that do not are left out. */
  async ask(what: string, limit: number): Promise<ReadonlyMap<number, unknown>> {
    const send = ({ link }: Peer, number: number) => link.send({ type: 'ask', number, what });
    const answers = await this.#questions.ask(this.#peers.members(), limit, send);
    return new Map([...answers].map(([{ slot }, body]) => [slot!.number, body]));
  }

  /** Resolves when deputies have the own values and everything before, so that it survives this process. */
  async keep(): Promise<void> {
    const own = this.#table.find(this.#options.self.key);
    const deputies = this.#peers.deputies();
    if (own) for (const { link } of deputies) sendLast(link, own);
    await Promise.all(deputies.map(({ link }) => link.flushed(FLUSH_LIMIT)));
  }

  /** For the leaders after this one. */
  note(name: string, note: Note): void {
    this.#options.notes.set(name, note);
    for (const { link } of this.#peers.deputies()) sendNote(link, name, note);
  }

  /** Hands over: everybody gets what this process counted, then the end. */
  async resign(limit: number): Promise<void> {
    for (const server of this.#servers) server.close();
    const { self } = this.#options;
    const own = this.#table.find(self.key);
    for (const { link } of this.#peers.members()) {
      if (own) sendLast(link, own);
      link.send({ type: 'bye', key: self.key });
    }
    const others = this.#peers.all().filter(({ slot }) => slot === undefined);
    for (const { link } of others) link.end();
    await Promise.all(this.#peers.members().map(({ link }) => link.over(limit)));
  }

  /** At once, without a word. */
  close(): void {
    for (const server of this.#servers) server.close();
    for (const { link } of this.#peers.all()) link.close();
  }

  #onConnection(socket: Socket): void {
    if (this.#peers.size >= PEER_LIMIT) {
      socket.destroy();
      return;
    }
    const link = new Link(socket, {
      onMessage: (message, body) => this.#onMessage(peer, message, body),
      onClose: (problem) => this.#onClose(peer, problem),
    });
    const peer: Peer = { link, isDeputy: false, isSettled: false };
    this.#peers.add(peer);
    const limit = timers.setTimeout(() => {
      if (!peer.who) link.close('it did not say who it is');
    }, HELLO_LIMIT);
    limit.unref();
  }

  #onMessage(peer: Peer, message: Message, body: Buffer): void {
    if (message.type === 'hello') this.#onHello(peer, message);
    else this.#onNews(peer, message, body);
  }

  #onNews(peer: Peer, message: Message, body: Buffer): void {
    const { slot } = peer;
    // Only `hello` comes before the welcome; what was given up is not listened to.
    if (!slot || slot.occupant?.key !== peer.who!.key) throw new Error(`${message.type} before hello`);
    slot.occupant.heard = now();
    if (message.type === 'values') this.#onValues(peer, slot.occupant, message, body);
    else if (message.type === 'base') this.#table.adoptBase(message.slot, message.through, Held.ofBytes(body));
    else if (message.type === 'last') this.#onLast(message, body);
    else if (message.type === 'note') takeNote(this.#options.notes, message.name, message.time, body);
    else if (message.type === 'answer') this.#questions.answer(message.number, peer, JSON.parse(body.toString()));
    else if (message.type === 'bye') this.#onBye(slot.occupant);
    else if (message.type === 'settled') {
      peer.isSettled = true;
      this.#knowsNotes ||= message.deputy;
    }
  }

  #onHello(peer: Peer, hello: Hello): void {
    if (peer.who) throw new Error('hello twice');
    if (hello.protocol !== PROTOCOL) {
      this.#refuse(peer, 'protocol');
      return;
    }
    peer.who = { key: hello.key, pid: hello.pid };
    for (const other of this.#peers.all()) {
      if (other === peer || other.who?.key !== hello.key) continue;
      this.#peers.delete(other);
      other.link.close();
    }
    if (this.#gathering) this.#table.expect(hello.roster, now());
    if (this.#gathering && hello.slot === undefined) peer.waits = hello;
    else this.#welcome(peer, hello);
  }

  #refuse({ link }: Peer, reason: string): void {
    link.send({ type: 'refused', protocol: PROTOCOL, version: VERSION, reason });
    link.end();
  }

  #welcome(peer: Peer, { slot: claimed, generation = 0, resource }: Hello): void {
    const claim = claimed === undefined ? undefined : { slot: claimed, generation };
    this.#follows ||= claim !== undefined;
    peer.waits = undefined;
    const slot = this.#table.attach(peer.who!, resource, claim, now());
    if (slot) this.#admit(peer, slot, claim !== undefined);
    else this.#refuse(peer, 'it is full');
  }

  #admit(peer: Peer, slot: Slot, isFromAnother: boolean): void {
    const { self, notes, onJoin } = this.#options;
    peer.slot = slot;
    const { link } = peer;
    link.trust();
    const known = this.#table.slots().map((each) => [each.number, each.through] as const);
    const place = { slot: slot.number, generation: slot.occupant!.generation };
    link.send({ type: 'welcome', pid: self.pid, ...place, known, gathers: this.#gathering });
    for (const each of this.#table.slots()) if (each.through > 0) sendBase(link, each);
    if (this.#url !== undefined) link.send({ type: 'open', url: this.#url });
    // The bases before the roster: who is in it succeeds those in the base.
    this.#peers.tellBases();
    this.#peers.tellRoster();
    if (!this.#gathering) this.#peers.appoint(notes);
    onJoin(isFromAnother);
  }

  #onValues(peer: Peer, occupant: Occupant, { time, pull }: Extract<Message, { type: 'values' }>, body: Buffer): void {
    const problem = occupant.held?.problem;
    if (problem !== undefined) throw new Error(`values that are none: ${problem}`);
    Object.assign(occupant, { held: Held.ofBytes(body, occupant.held), time });
    for (const { link } of this.#peers.deputies()) if (link !== peer.link) sendLast(link, peer.slot!);
    if (pull !== undefined) this.#questions.answer(pull, peer, undefined);
  }

  /** From a deputy of the last leader. What the own process counted it knows best itself. */
  #onLast(message: Extract<Message, { type: 'last' }>, body: Buffer): void {
    if (message.key === this.#options.self.key) return;
    this.#table.adoptLast(message, Held.ofBytes(body), now());
  }

  /** The others are told at once: any of them may lead before the sums of that process are swept into a base. */
  #onBye({ key }: Occupant): void {
    this.#table.detach(key, true);
    this.#peers.tell({ type: 'bye', key });
    this.#options.onChange();
  }

  #onClose(peer: Peer, problem: string | undefined): void {
    this.#peers.delete(peer);
    this.#questions.leave(peer);
    if (problem !== undefined) this.#options.warn(problem);
    const { who, slot } = peer;
    // Its process may be on another connection already.
    const isBack = this.#peers.members().some((other) => other.who!.key === who?.key);
    if (!slot || slot.occupant?.key !== who!.key || isBack) return;
    this.#table.detach(who!.key, false);
    if (!this.#gathering) this.#peers.appoint(this.#options.notes);
    this.#notice();
    // Its end may come a moment after that of its connections.
    timers.setTimeout(() => this.#notice(), NOTICE_AGAIN).unref();
  }

  #notice(): void {
    this.sweep();
    this.#options.onChange();
  }

  /** Members of the roster that live and have not come over with all they know. */
  #isAwaiting(): boolean {
    const settled = new Set(this.#peers.all().map(({ isSettled, who }) => (isSettled ? who!.key : '')));
    const isAwaited = ({ key, left, pid }: Occupant) =>
      !left && key !== this.#options.self.key && !settled.has(key) && !this.#table.isGone(pid);
    return this.#table.slots().some(({ occupant }) => occupant && isAwaited(occupant));
  }
}
