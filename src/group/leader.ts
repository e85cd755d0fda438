/** The leading process of a group: it knows what every process says, and tells them what must outlive itself. */
import type { Server, Socket } from 'node:net';
import { now, timers } from '../clock.ts';
import type { Attributes } from '../snapshot/metric.ts';
import { VERSION } from '../version.ts';
import { Held } from './held.ts';
import { Link } from './link.ts';
import { pause } from './meeting.ts';
import { type Message, PROTOCOL } from './messages.ts';
import type { Occupant, RosterEntry, Slot, SlotTable, Who } from './slots.ts';

/** ms in which a connection must say who it is. */
const HELLO_LIMIT = 2000;
/** ms that a leader that follows another one waits for others to come over: at least when it does not know whom. */
const GATHER_BLIND = 300;
const GATHER_LIMIT = 1000;
/** Connections at once. */
const PEER_LIMIT = 512;
/** Members that keep all that the leader knows. */
const DEPUTIES = 2;
/** ms until the second look at a process whose connection ended. */
const NOTICE_AGAIN = 100;
/** ms that the leader waits until deputies have what is about to be shown. */
const FLUSH_LIMIT = 100;

type Of<T extends Message['type']> = Extract<Message, { type: T }>;
type Hello = Of<'hello'>;

/** The snapshot up to which an adapter has delivered, as bytes. */
export interface Mark {
  readonly time: number;
  readonly bytes: Buffer;
}

export interface LeaderOptions {
  readonly server: Server;
  readonly table: SlotTable;
  readonly self: Who & { readonly resource: Attributes };
  readonly marks: Map<string, Mark>;
  /** Somebody joined, for the first time or again. */
  onJoin(): void;
  /** Somebody left, or is gone. */
  onChange(): void;
  /** One line about a peer that is not what it should be. */
  warn(line: string): void;
}

interface Peer {
  readonly link: Link;
  who?: Who;
  slot?: Slot;
  isDeputy: boolean;
  isSettled: boolean;
  /** It came without a slot while the leader gathered: it gets one afterwards. */
  waits?: Hello;
}

/** Nothing here throws or rejects. */
export class Leader {
  readonly #options: LeaderOptions;
  readonly #table: SlotTable;
  readonly #servers: Server[] = [];
  readonly #peers = new Set<Peer>();
  readonly #told = new Map<number, number>();
  readonly #pulls = new Map<number, { readonly open: Set<Peer>; done(): void }>();
  readonly #asks = new Map<number, (peer: Peer, body: Buffer | undefined) => void>();
  #number = 0;
  #gathering = false;
  #follows = false;
  /** A deputy came over: what it does not know was never delivered. */
  #hadDeputy = false;
  #url: string | undefined;

  constructor(options: LeaderOptions) {
    this.#options = options;
    this.#table = options.table;
    this.attend(options.server);
  }

  /** Takes who comes there, too. */
  attend(server: Server): void {
    this.#servers.push(server);
    server.on('connection', (socket) => this.#onConnection(socket));
    // Out of file descriptors, for one: those who are there stay.
    server.on('error', (error) => this.#options.warn(`group: ${error.message}`));
  }

  get isGathering(): boolean {
    return this.#gathering;
  }

  get knowsMarks(): boolean {
    return this.#hadDeputy;
  }

  /** Somebody came over from another leader. */
  get follows(): boolean {
    return this.#follows;
  }

  /** Waits for the processes that belong here, then takes its own slot. Before that, nothing may be shown. */
  async gather(isSuccessor: boolean): Promise<void> {
    const begin = now();
    this.#gathering = true;
    const knowsWhom = this.#table.find(this.#options.self.key) !== undefined;
    const least = isSuccessor && !knowsWhom ? GATHER_BLIND : 0;
    for (let waited = 0; waited < GATHER_LIMIT; waited = now() - begin) {
      if (waited >= least && !(isSuccessor && this.#isAwaiting())) break;
      await pause();
    }
    this.#gathering = false;
    const { self } = this.#options;
    this.#table.attach(self, self.resource, undefined, now());
    for (const peer of this.#peers) if (peer.waits) this.#welcome(peer, peer.waits);
    this.sweep();
  }

  /** The others learn where the group serves; an empty text: nowhere. */
  open(url: string): void {
    this.#url = url;
    this.#tellAll({ type: 'open', url });
  }

  get url(): string | undefined {
    return this.#url;
  }

  beat(): void {
    this.#tellAll({ type: 'beat' });
  }

  get members(): number {
    return [...this.#peers].filter(({ slot }) => slot).length;
  }

  /** Processes that ended become part of their slot's base; everybody is told. */
  sweep(): void {
    if (this.#gathering) return;
    this.#table.sweep(now());
    this.#tellBases();
  }

  /** Fresh values of all processes that answer within `limit` ms; of the others, the last ones stay. */
  pull(limit: number): Promise<void> {
    const number = ++this.#number;
    const open = new Set<Peer>();
    for (const peer of this.#peers) if (peer.slot && peer.link.send({ type: 'pull', number })) open.add(peer);
    if (open.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = timers.setTimeout(() => done(), limit);
      const done = () => {
        timers.clearTimeout(timer);
        this.#pulls.delete(number);
        resolve();
      };
      this.#pulls.set(number, { open, done });
    });
  }

  /** What each process answers to a question within `limit` ms, by slot; those that do not are left out. */
  ask(what: string, limit: number): Promise<ReadonlyMap<number, Buffer>> {
    const number = ++this.#number;
    const answers = new Map<number, Buffer>();
    const open = new Set<Peer>();
    for (const peer of this.#peers) if (peer.slot && peer.link.send({ type: 'ask', number, what })) open.add(peer);
    return new Promise((resolve) => {
      const done = () => {
        timers.clearTimeout(timer);
        this.#asks.delete(number);
        resolve(answers);
      };
      const timer = timers.setTimeout(done, open.size === 0 ? 0 : limit);
      this.#asks.set(number, (peer, body) => {
        if (!open.delete(peer)) return;
        if (body) answers.set(peer.slot!.number, body);
        if (open.size === 0) done();
      });
    });
  }

  /** Own values: resolves when deputies have them and everything before, so that they survive this process. */
  async keep(): Promise<void> {
    const own = this.#table.find(this.#options.self.key);
    const deputies = this.#deputies();
    if (own) for (const { link } of deputies) sendLast(link, own);
    await Promise.all(deputies.map(({ link }) => link.flushed(FLUSH_LIMIT)));
  }

  /** An adapter that takes differences has delivered up to there. */
  delivered(adapter: string, mark: Mark): void {
    this.#options.marks.set(adapter, mark);
    for (const { link } of this.#deputies()) sendMark(link, adapter, mark);
  }

  /** Hands over: everybody gets what this process counted, then the end. */
  async resign(limit: number): Promise<void> {
    for (const server of this.#servers) server.close();
    const own = this.#table.find(this.#options.self.key);
    for (const { link, slot } of this.#peers) {
      if (own && slot) sendLast(link, own);
      link.send({ type: 'bye', key: this.#options.self.key });
    }
    await Promise.all([...this.#peers].map(({ link }) => link.flushed(limit)));
    for (const { link } of this.#peers) link.end();
  }

  /** At once, without a word. */
  close(): void {
    for (const server of this.#servers) server.close();
    for (const { link } of this.#peers) link.close();
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
    if (message.type === 'values') this.#onValues(peer, message, body);
    else if (message.type === 'base') this.#table.adoptBase(message.slot, message.through, Held.ofBytes(body));
    else if (message.type === 'last') this.#onLast(message, body);
    else if (message.type === 'delivered') this.#onMark(message, body);
    else if (message.type === 'answer') this.#asks.get(message.number)?.(peer, body);
    else if (message.type === 'bye') this.#onBye(slot.occupant);
    else if (message.type === 'settled') {
      peer.isSettled = true;
      this.#hadDeputy ||= message.deputy;
    }
  }

  #onHello(peer: Peer, hello: Hello): void {
    if (peer.who) throw new Error('hello twice');
    if (hello.protocol !== PROTOCOL) {
      peer.link.send({ type: 'refused', protocol: PROTOCOL, version: VERSION, reason: 'protocol' });
      peer.link.end();
      return;
    }
    peer.who = { key: hello.key, pid: hello.pid };
    for (const other of this.#peers) if (other !== peer && other.who?.key === hello.key) this.#giveUp(other);
    if (this.#gathering) this.#table.expect(hello.roster, now());
    if (this.#gathering && hello.slot === undefined) peer.waits = hello;
    else this.#welcome(peer, hello);
  }

  #welcome(peer: Peer, hello: Hello): void {
    const { slot: claimed, generation = 0, resource } = hello;
    const claim = claimed === undefined ? undefined : { slot: claimed, generation };
    this.#follows ||= claim !== undefined;
    const slot = this.#table.attach(peer.who!, resource, claim, now());
    const { link } = peer;
    delete peer.waits;
    if (!slot) {
      link.send({ type: 'refused', protocol: PROTOCOL, version: VERSION, reason: 'it is full' });
      link.end();
      return;
    }
    peer.slot = slot;
    link.trust();
    const known = this.#table.slots().map((each) => [each.number, each.through] as const);
    link.send({
      type: 'welcome',
      pid: this.#options.self.pid,
      slot: slot.number,
      generation: slot.occupant!.generation,
      known,
    });
    for (const each of this.#table.slots()) if (each.through > 0) sendBase(link, each);
    if (this.#url !== undefined) link.send({ type: 'open', url: this.#url });
    this.#tellBases();
    this.#tellRoster();
    this.#appointDeputies();
    this.#options.onJoin();
  }

  #onValues(peer: Peer, { time, pull }: Of<'values'>, body: Buffer): void {
    const occupant = peer.slot!.occupant!;
    const problem = occupant.held?.problem;
    if (problem !== undefined) throw new Error(`values that are none: ${problem}`);
    occupant.held = Held.ofBytes(body, occupant.held);
    occupant.time = time;
    for (const { link } of this.#deputies()) if (link !== peer.link) sendLast(link, peer.slot!);
    if (pull !== undefined) this.#answered(pull, peer);
  }

  /** From a deputy of the last leader. What the own process counted it knows best itself. */
  #onLast(message: Of<'last'>, body: Buffer): void {
    if (message.key === this.#options.self.key) return;
    this.#table.adoptLast(message, Held.ofBytes(body), now());
  }

  #onMark({ adapter, time }: Of<'delivered'>, bytes: Buffer): void {
    const known = this.#options.marks.get(adapter);
    if (!known || known.time < time) this.#options.marks.set(adapter, { time, bytes });
  }

  #onBye(occupant: Occupant): void {
    this.#table.detach(occupant.key, true);
    this.#options.onChange();
  }

  #answered(number: number, peer: Peer): void {
    const pull = this.#pulls.get(number);
    if (pull?.open.delete(peer) && pull.open.size === 0) pull.done();
  }

  #onClose(peer: Peer, problem: string | undefined): void {
    this.#peers.delete(peer);
    for (const number of this.#pulls.keys()) this.#answered(number, peer);
    for (const answer of this.#asks.values()) answer(peer, undefined);
    if (problem !== undefined) this.#options.warn(problem);
    const occupant = peer.slot?.occupant;
    if (!occupant || occupant.key !== peer.who!.key || this.#hasOther(peer)) return;
    this.#table.detach(occupant.key, false);
    this.#appointDeputies();
    this.#notice();
    // Its end may come a moment after that of its connections.
    timers.setTimeout(() => this.#notice(), NOTICE_AGAIN).unref();
  }

  #notice(): void {
    this.sweep();
    this.#options.onChange();
  }

  /** Its process is on another connection already. */
  #hasOther(peer: Peer): boolean {
    return [...this.#peers].some(({ who, slot }) => slot && who!.key === peer.who!.key);
  }

  #giveUp(peer: Peer): void {
    this.#peers.delete(peer);
    peer.link.close();
  }

  /** Members of the roster that live and have not come over with all they know. */
  #isAwaiting(): boolean {
    const settled = new Set([...this.#peers].filter((peer) => peer.isSettled).map((peer) => peer.who!.key));
    const isAwaited = ({ key, left, pid }: Occupant) =>
      !left && key !== this.#options.self.key && !settled.has(key) && !this.#table.isGone(pid);
    return this.#table.slots().some(({ occupant }) => occupant && isAwaited(occupant));
  }

  #deputies(): Peer[] {
    return [...this.#peers].filter(({ isDeputy }) => isDeputy);
  }

  /** Those that joined first. */
  #appointDeputies(): void {
    if (this.#gathering) return;
    for (const peer of this.#peers) {
      if (this.#deputies().length >= DEPUTIES) return;
      if (!peer.slot || peer.isDeputy) continue;
      peer.isDeputy = true;
      peer.link.send({ type: 'deputy' });
      for (const slot of this.#table.slots()) if (slot !== peer.slot) sendLast(peer.link, slot);
      for (const [adapter, mark] of this.#options.marks) sendMark(peer.link, adapter, mark);
    }
  }

  #tellAll(message: Message): void {
    for (const { link, slot } of this.#peers) if (slot) link.send(message);
  }

  #tellRoster(): void {
    const roster: RosterEntry[] = [];
    for (const { number, occupant } of this.#table.slots()) {
      if (!occupant) continue;
      const { generation, key, pid } = occupant;
      roster.push({ slot: number, generation, key, pid });
    }
    this.#tellAll({ type: 'roster', roster });
  }

  #tellBases(): void {
    for (const slot of this.#table.slots()) {
      if (slot.through === (this.#told.get(slot.number) ?? 0)) continue;
      this.#told.set(slot.number, slot.through);
      for (const peer of this.#peers) if (peer.slot) sendBase(peer.link, slot);
    }
  }
}

function sendBase(link: Link, { number, through, base }: Slot): void {
  link.send({ type: 'base', slot: number, through }, base.bytes);
}

function sendLast(link: Link, { number, occupant }: Slot): void {
  if (!occupant?.held || !occupant.resource) return;
  const { generation, key, pid, resource, time, left, held } = occupant;
  link.send({ type: 'last', slot: number, generation, key, pid, resource, time, left }, held.bytes);
}

function sendMark(link: Link, adapter: string, { time, bytes }: Mark): void {
  link.send({ type: 'delivered', adapter, time }, bytes);
}
