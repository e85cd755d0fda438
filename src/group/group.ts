/** This process as one of its group: it seeks the leader, joins it, or becomes it, until it ends. docs/group.md */
import type { Server, Socket } from 'node:net';
import { epochOf, now, timers } from '../clock.ts';
import type { Aggregate } from '../config.ts';
import { describe } from '../errors.ts';
import { merge } from '../snapshot/merge.ts';
import type { Attributes } from '../snapshot/metric.ts';
import type { MetricSnapshot, Snapshot } from '../snapshot/snapshot.ts';
import { VERSION } from '../version.ts';
import { isGone } from './alive.ts';
import { decodeSnapshot, encodeSnapshot } from './codec.ts';
import { Held } from './held.ts';
import { Leader, type Mark } from './leader.ts';
import { Ledger } from './ledger.ts';
import { type Meeting, type Met, pause } from './meeting.ts';
import { type Joined, Member } from './member.ts';
import { type Claim, type Slot, SlotTable, type Who } from './slots.ts';
import { View } from './view.ts';
import { type OpenTrouble, STALE_AFTER, Watch } from './watch.ts';

/** ms between two words of every process. */
const BEAT = 1000;
/** ms that the others have to send fresh values before those that are there are shown. */
const PULL_LIMIT = 200;
/** ms in which a process has to have fresh values when it is asked for them. */
const ANSWER_LIMIT = 120;
/** ms for which a process that never had a leader waits for one that does not answer. */
const SILENT_LIMIT = 10_000;
/** Beats between two looks at the socket's path. */
const LOOK = 5;
/** Series of one metric that are remembered of processes that ended, as a multiple of the budget of one. */
const ROOM = 2;

export interface GroupOptions {
  readonly meeting: Meeting;
  readonly self: Who & { readonly resource: Attributes };
  readonly aggregate: Aggregate;
  readonly seriesLimit: number;
  /** Whether adapters push, so that each process' last values are kept for them. */
  readonly pushes: boolean;
  /** Asks the app's thread for what only it knows, and resolves when that is there or can't be had. Never rejects. */
  refresh(): Promise<void>;
  /** What this process counts at this moment. Later calls never show less. */
  read(): readonly MetricSnapshot[];
  /** What is true of the host rather than of a process. */
  readHost(): readonly MetricSnapshot[];
  /** It is about to lead: what takes its time can begin. */
  prepare(): void;
  /**
   * This process leads now: it serves and pushes for all. `basis`: what was delivered last, by adapter; undefined when
   * nothing is known of that although there was a leader before. Resolves with the URL that it serves at. Never rejects.
   */
  lead(change: {
    readonly basis: ReadonlyMap<string, Snapshot> | undefined;
    readonly isTakeover: boolean;
  }): Promise<string | undefined>;
  /** It does not lead any more. Never rejects. */
  follow(): Promise<void>;
  /** It has no group. `serves`: it may serve by itself. Never rejects. */
  alone(serves: boolean): Promise<void>;
  /** The leader serves there (undefined: nowhere). */
  onOpen(url: string | undefined): void;
  /** It is one of several now. Called once. */
  onCompany(): void;
  /** What this process answers to a question of the leader; must not throw. */
  answer(what: string): unknown;
  openTrouble: OpenTrouble;
  warn(line: string): void;
}

type Role = 'seeking' | 'leader' | 'member' | 'alone' | 'ended';

/** Nothing here throws or rejects. */
export class Group {
  readonly #options: GroupOptions;
  readonly #table: SlotTable;
  readonly #ledger: Ledger;
  readonly #view: View;
  readonly #watch: Watch;
  readonly #marks = new Map<string, Mark>();
  readonly #said = new Set<string>();
  #role: Role = 'seeking';
  #leader: Leader | undefined;
  #member: Member | undefined;
  #claim: Claim | undefined;
  #wasDeputy = false;
  #hasCompany = false;
  #beats = 0;
  #timer: ReturnType<typeof timers.setInterval> | undefined;
  /** The leader has been silent since; ends that finding. */
  #endSilence: (() => void) | undefined;

  constructor(options: GroupOptions) {
    this.#options = options;
    const { seriesLimit, aggregate, self, pushes } = options;
    const onFold = (slot: Slot) => this.#view.depart(slot.occupant!, epochOf(now()));
    this.#table = new SlotTable({ limit: seriesLimit * ROOM, isGone, onFold });
    this.#ledger = new Ledger(seriesLimit * ROOM);
    this.#view = new View({ aggregate, self: self.key, keepsDeparted: pushes });
    this.#watch = new Watch(options.openTrouble);
  }

  get role(): Role {
    return this.#role;
  }

  /** Resolves when it leads, has joined, or knows that it can do neither. */
  async start(): Promise<void> {
    this.#timer = timers.setInterval(() => void this.#beat(), BEAT);
    this.#timer.unref();
    await this.#seek();
  }

  /** What this process has to show: as the leader that of all, alone its own. Never rejects. */
  async snapshot(): Promise<Snapshot> {
    const { self, refresh, read, readHost } = this.#options;
    await Promise.all([refresh(), this.#leader?.pull(PULL_LIMIT)]);
    // Not before: what is noted in between must not be later than this.
    const own = read();
    const moment = now();
    const time = epochOf(moment);
    const slot = this.#hasCompany ? this.#table.find(self.key) : undefined;
    if (!this.#leader || !slot) return { time, resource: self.resource, metrics: merge([own, readHost()]) };
    this.#note(slot, own, time);
    const slots = this.#table.slots().map((each) => ({ ...each, occupant: each.occupant && { ...each.occupant } }));
    await this.#leader.keep();
    return this.#view.show({ time, now: moment, slots, host: readHost() });
  }

  /** An adapter has delivered a snapshot; `oldest`: the time of the one that is furthest behind (epoch ms). */
  delivered(adapter: string, snapshot: Snapshot, takesDeltas: boolean, oldest: number): void {
    this.#view.delivered(oldest);
    if (!this.#leader || !takesDeltas || !this.#hasCompany) return;
    this.#leader.delivered(adapter, { time: snapshot.time, bytes: encodeSnapshot(snapshot) });
  }

  /** What the other processes answer, by slot, within `limit` ms; only the leader gets any. */
  async ask(what: string, limit: number): Promise<ReadonlyMap<number, unknown>> {
    const answers = new Map<number, unknown>();
    for (const [slot, body] of (await this.#leader?.ask(what, limit)) ?? []) {
      try {
        answers.set(slot, JSON.parse(body.toString()));
      } catch {
        this.#sayOnce(`slot ${slot} of the group answered with something that is no JSON`);
      }
    }
    return answers;
  }

  /** The last word: what this process counted is handed over, within `limit` ms. Idempotent. */
  async end(limit: number): Promise<void> {
    const role = this.#role;
    this.#role = 'ended';
    timers.clearInterval(this.#timer);
    const { self, read, meeting } = this.#options;
    const own = this.#ledger.observe(read());
    if (role === 'member') {
      this.#member!.values(Held.of(own), epochOf(now()));
      await this.#member!.leave(limit);
    } else if (role === 'leader') {
      const slot = this.#table.find(self.key);
      if (slot) Object.assign(slot.occupant!, { held: Held.of(own), time: epochOf(now()) });
      const isLast = this.#leader!.members === 0;
      if (isLast) meeting.remove();
      await this.#leader!.resign(limit);
    }
  }

  async #seek(): Promise<void> {
    const begin = now();
    while (this.#role === 'seeking') {
      const met = await this.#options.meeting.meet();
      // It may have ended meanwhile.
      if (this.#role !== 'seeking') return discard(met);
      if (met.as === 'leader') return this.#lead(met.server, met.isSuccessor);
      if (met.as === 'stranger') return this.#beAlone('socket', met.problem);
      if (met.as === 'member') await this.#join(met.socket, begin);
      else await pause();
    }
  }

  async #join(socket: Socket, begin: number): Promise<void> {
    const { self, onOpen } = this.#options;
    const member: Member = new Member({
      ...{ socket, self, table: this.#table, marks: this.#marks },
      ...{ claim: this.#claim, wasDeputy: this.#wasDeputy },
      onPull: (number) => void this.#onPull(number),
      onAsk: (number, what) => void this.#onAsk(number, what),
      onOpen: (url) => onOpen(url || undefined),
      onEnd: (problem) => this.#onEnd(member, problem),
    });
    const joined = await member.join();
    if (this.#role !== 'seeking') return;
    if (joined.state === 'joined') {
      this.#claim = joined.claim;
      this.#member = member;
      this.#role = 'member';
      this.#noteCompany();
      await this.#sendValues();
      return;
    }
    await this.#onRefusal(joined, begin);
  }

  async #onRefusal(joined: Exclude<Joined, { state: 'joined' }>, begin: number): Promise<void> {
    if (joined.state === 'closed') return pause();
    if (joined.state === 'garbage') return this.#beAlone('peer', joined.problem);
    if (joined.state === 'refused') {
      const { version, reason } = joined;
      const line = describe('ERR_LOADLINE_GROUP_VERSION', { own: VERSION, found: version, reason });
      this.#sayOnce(line);
      return this.#goAlone(false);
    }
    const path = this.#options.meeting.path;
    this.#sayOnce(describe('ERR_LOADLINE_GROUP_SILENT', { path }));
    if (this.#claim === undefined && now() - begin > SILENT_LIMIT) return this.#goAlone(true);
  }

  #beAlone(what: 'socket' | 'peer', reason: string): Promise<void> {
    const code = what === 'socket' ? 'ERR_LOADLINE_GROUP_SOCKET' : 'ERR_LOADLINE_GROUP_PEER';
    this.#sayOnce(describe(code, { path: this.#options.meeting.path, reason }));
    return this.#goAlone(true);
  }

  async #goAlone(serves: boolean): Promise<void> {
    this.#role = 'alone';
    timers.clearInterval(this.#timer);
    await this.#options.alone(serves);
  }

  async #lead(server: Server, isSuccessor: boolean): Promise<void> {
    const { self, warn, prepare } = this.#options;
    this.#role = 'leader';
    this.#table.begin(now());
    prepare();
    this.#leader = new Leader({
      ...{ server, self, table: this.#table, marks: this.#marks },
      onJoin: () => this.#noteCompany(),
      onChange: () => this.#look(),
      warn: (reason) => warn(describe('ERR_LOADLINE_GROUP_PEER', { path: this.#options.meeting.path, reason })),
    });
    await this.#leader.gather(isSuccessor || this.#claim !== undefined);
    if (this.#role !== 'leader') return;
    const isTakeover = this.#claim !== undefined || this.#leader.follows;
    const slot = this.#table.find(self.key)!;
    this.#claim = { slot: slot.number, generation: slot.occupant!.generation };
    if (this.#table.slots().length > 1) this.#noteCompany();
    const url = await this.#options.lead({ isTakeover, basis: this.#basis(isTakeover) });
    this.#leader.open(url ?? '');
  }

  /** Nothing was delivered before, everything is new; or, undefined, nobody knows. */
  #basis(isTakeover: boolean): ReadonlyMap<string, Snapshot> | undefined {
    if (isTakeover && !this.#leader!.knowsMarks && !this.#wasDeputy) return undefined;
    const basis = new Map<string, Snapshot>();
    for (const [adapter, { bytes }] of this.#marks) {
      try {
        basis.set(adapter, decodeSnapshot(bytes));
      } catch {
        return undefined;
      }
    }
    return basis;
  }

  #onEnd(member: Member, problem: string | undefined): void {
    if (this.#role !== 'member' || member !== this.#member) return;
    if (problem !== undefined)
      this.#sayOnce(describe('ERR_LOADLINE_GROUP_PEER', { path: this.#options.meeting.path, reason: problem }));
    this.#endSilence?.();
    this.#endSilence = undefined;
    this.#wasDeputy = member.isDeputy;
    this.#member = undefined;
    this.#role = 'seeking';
    void this.#seek();
  }

  async #beat(): Promise<void> {
    if (this.#role === 'member') return this.#memberBeat();
    if (this.#role !== 'leader' || !this.#leader) return;
    this.#leader.beat();
    this.#leader.sweep();
    this.#look();
    const slot = this.#hasCompany ? this.#table.find(this.#options.self.key) : undefined;
    if (slot) {
      this.#note(slot, this.#options.read(), epochOf(now()));
      await this.#leader.keep();
    }
    if (++this.#beats % LOOK === 0) await this.#lookAtPath();
  }

  async #memberBeat(): Promise<void> {
    const member = this.#member!;
    if (member.wantsValues()) await this.#sendValues();
    else member.beat();
    const silent = member.silence();
    if (silent > STALE_AFTER && !this.#endSilence) {
      const pid = member.leaderPid;
      const slot = this.#table.slots().find(({ occupant }) => occupant?.pid === pid)?.number ?? 0;
      this.#endSilence = this.#options.openTrouble({ kind: 'stopped', slot, pid, silent });
    } else if (silent <= STALE_AFTER && this.#endSilence) {
      this.#endSilence();
      this.#endSilence = undefined;
    }
  }

  /** The socket's path is what makes a leader: who does not have it any more steps down. */
  async #lookAtPath(): Promise<void> {
    const { meeting, follow } = this.#options;
    const state = meeting.state();
    if (state === 'ours') return;
    if (state === 'gone') {
      const met = await meeting.meet();
      if (met.as === 'leader') return this.#leader!.attend(met.server);
      discard(met);
      return;
    }
    const leader = this.#leader!;
    this.#leader = undefined;
    this.#role = 'seeking';
    this.#watch.end();
    await follow();
    leader.close();
    await this.#seek();
  }

  #look(): void {
    if (!this.#leader?.isGathering) this.#watch.look(this.#table.slots(), this.#options.self.key, now());
  }

  async #onPull(number: number): Promise<void> {
    await this.#sendValues(number);
  }

  async #onAsk(number: number, what: string): Promise<void> {
    const answer = await this.#options.answer(what);
    this.#member?.answer(number, Buffer.from(JSON.stringify(answer ?? null)));
  }

  /** With `pull`, as fresh as can be had in time. */
  async #sendValues(pull?: number): Promise<void> {
    if (pull !== undefined) await atMost(this.#options.refresh(), ANSWER_LIMIT);
    const metrics = this.#ledger.observe(this.#options.read());
    const sent = this.#member?.values(Held.of(metrics), epochOf(now()), pull) ?? true;
    if (!sent) this.#sayOnce(describe('ERR_LOADLINE_GROUP_SIZE', {}));
  }

  #note({ occupant }: Slot, metrics: readonly MetricSnapshot[], time: number): void {
    Object.assign(occupant!, { held: Held.of(this.#ledger.observe(metrics)), time });
  }

  #noteCompany(): void {
    if (this.#hasCompany) return;
    this.#hasCompany = true;
    this.#options.onCompany();
  }

  #sayOnce(line: string): void {
    if (this.#said.has(line)) return;
    this.#said.add(line);
    this.#options.warn(line);
  }
}

function discard(met: Met): void {
  if (met.as === 'member') met.socket.destroy();
  if (met.as === 'leader') met.server.close();
}

/** Waits for the work, but no longer than `limit` ms. */
async function atMost(work: Promise<void>, limit: number): Promise<void> {
  let timer: ReturnType<typeof timers.setTimeout> | undefined;
  const late = new Promise<void>((resolve) => {
    timer = timers.setTimeout(resolve, limit);
  });
  await Promise.race([work, late]);
  timers.clearTimeout(timer);
}
