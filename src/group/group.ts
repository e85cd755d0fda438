/** This process as one of its group: it seeks the leader, joins it, or becomes it, until it ends. docs/group.md */
import type { Server, Socket } from 'node:net';
import { atMost, epochOf, now, timers } from '../clock.ts';
import type { Sight } from '../snapshot/sight.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { isGone } from './alive.ts';
import { Complaints } from './complaints.ts';
import { Held } from './held.ts';
import { Heritage } from './heritage.ts';
import { Leader } from './leader.ts';
import { Ledger } from './ledger.ts';
import { discard } from './meeting.ts';
import { type Joined, Member } from './member.ts';
import type { GroupOptions, Role } from './options.ts';
import { Present } from './present.ts';
import { type Claim, type Slot, SlotTable } from './slots.ts';
import { View } from './view.ts';
import { pause } from './waiting.ts';
import { aliveOf, Silence, STALE_AFTER, Watch } from './watch.ts';

/** ms between two words of every process. */
const BEAT = 1000;
/** ms that the others have to send fresh values before those that are there are shown. */
const PULL_LIMIT = 200;
/** ms in which a process has to have fresh values when it is asked for them. */
const ANSWER_LIMIT = 120;
/** ms for which a process that never had a leader waits for one that does not answer. */
const SILENT_LIMIT = 10_000;

/** Nothing here throws or rejects. */
export class Group {
  readonly #options: GroupOptions;
  readonly #table: SlotTable;
  readonly #ledger: Ledger;
  readonly #complaints: Complaints;
  readonly #heritage = new Heritage((reason) => this.#complaints.peer(reason));
  readonly #view: View;
  readonly #watch: Watch;
  readonly #silence: Silence;
  readonly #present: Present;
  #role: Role = 'seeking';
  #leader: Leader | undefined;
  #member: Member | undefined;
  #claim: Claim | undefined;
  /** All notes of the last leader are known here. */
  #knowsNotes = false;
  #timer: ReturnType<typeof timers.setInterval> | undefined;

  constructor(options: GroupOptions) {
    this.#options = options;
    const { limit, aggregate, self, pushes, meeting, warn } = options;
    this.#complaints = new Complaints(meeting.path, warn);
    const onFold = (slot: Slot) => this.#view.depart(slot.occupant!, epochOf(now()));
    this.#table = new SlotTable({ limit, isGone, onFold });
    this.#ledger = new Ledger(limit);
    this.#view = new View({ aggregate, self: self.key, keepsDeparted: pushes });
    this.#watch = new Watch(options.openTrouble);
    this.#silence = new Silence(options.openTrouble);
    this.#present = new Present({
      ...options,
      ...{ table: this.#table, ledger: this.#ledger, heritage: this.#heritage, view: this.#view },
    });
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

  /** What this process has to show: as the leader that of all, else its own. */
  async snapshot(): Promise<Snapshot> {
    await Promise.all([this.#options.refresh(), this.#leader?.pull(PULL_LIMIT)]);
    const moment = this.#leader && this.#present.moment();
    if (!this.#leader || !moment) return this.#present.alone();
    this.#leader.note(...this.#heritage.noteOfHost(moment.host, moment.time));
    await this.#leader.keep();
    return this.#present.show(moment);
  }

  /** What all said last, and nobody is asked anything; undefined unless it leads others. */
  sight(): Sight | undefined {
    return this.#leader && this.#present.sight();
  }

  /** An adapter that takes differences has delivered up to there: its next one begins from it, whoever leads. */
  delivered(adapter: string, basis: Snapshot): void {
    this.#leader?.note(...this.#heritage.noteOfDelivery(adapter, basis));
  }

  /** All adapters answer for what was shown up to `time` (epoch ms). */
  taken(time: number): void {
    this.#view.taken(time);
  }

  /** What the other processes answer, by slot, within `limit` ms; only the leader gets any. */
  async ask(what: string, limit: number): Promise<ReadonlyMap<number, unknown>> {
    return (await this.#leader?.ask(what, limit)) ?? new Map();
  }

  /** Those that are seen as one, this one included. */
  get processes(): number {
    return this.#present.hasCompany ? aliveOf(this.#table.slots(), this.#options.self.key, now()) : 1;
  }

  /** The port that was taken when this process began to lead is had now. */
  serves(url: string): void {
    this.#leader?.open(url);
  }

  /** Undefined while this process is on its own. */
  get slot(): number | undefined {
    return this.#present.hasCompany ? this.#claim?.slot : undefined;
  }

  /** The last word: what this process counted is handed over, within `limit` ms. */
  async end(limit: number): Promise<void> {
    const role = this.#role;
    this.#role = 'ended';
    timers.clearInterval(this.#timer);
    const { read, meeting } = this.#options;
    if (role === 'member') {
      this.#member!.values(Held.of(this.#ledger.observe(read())), epochOf(now()));
      await this.#member!.leave(limit);
    } else if (role === 'leader') {
      this.#present.note();
      if (!this.#leader!.hasMembers) meeting.remove();
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
      if (met.as === 'stranger') {
        this.#complaints.socket(met.problem);
        return this.#goAlone(true);
      }
      if (met.as === 'member') await this.#join(met.socket, begin);
      else await pause();
    }
  }

  async #join(socket: Socket, begin: number): Promise<void> {
    const { self, onOpen, answer } = this.#options;
    const member: Member = new Member({
      ...{ socket, self, table: this.#table, notes: this.#heritage.notes },
      ...{ claim: this.#claim, wasDeputy: this.#knowsNotes },
      onPull: (number) => void this.#sendValues(number),
      onAsk: (what) => answer(what),
      onOpen: (url) => onOpen(url || undefined),
      onEnd: (problem) => this.#onEnd(member, problem),
    });
    const joined = await member.join();
    if (this.#role !== 'seeking') return;
    if (joined.state !== 'joined') return this.#onRefusal(joined, begin);
    this.#claim = joined.claim;
    this.#member = member;
    this.#role = 'member';
    this.#noteCompany();
    await this.#sendValues();
  }

  async #onRefusal(joined: Exclude<Joined, { state: 'joined' }>, begin: number): Promise<void> {
    if (joined.state === 'closed') return pause();
    if (joined.state === 'garbage') {
      this.#complaints.peer(joined.problem);
      return this.#goAlone(true);
    }
    if (joined.state === 'refused') {
      this.#complaints.version(joined.version, joined.reason);
      return this.#goAlone(false);
    }
    this.#complaints.silent();
    if (this.#claim === undefined && now() - begin > SILENT_LIMIT) return this.#goAlone(true);
  }

  async #goAlone(serves: boolean): Promise<void> {
    this.#role = 'alone';
    timers.clearInterval(this.#timer);
    await this.#options.alone(serves);
  }

  async #lead(server: Server, isSuccessor: boolean): Promise<void> {
    const { self, prepare, lead, readHost } = this.#options;
    this.#role = 'leader';
    this.#table.begin(now());
    prepare();
    const leader = new Leader({
      ...{ server, self, table: this.#table, notes: this.#heritage.notes },
      onJoin: (isFromAnother) => this.#onJoin(isFromAnother),
      onChange: () => this.#look(),
      warn: (reason) => this.#complaints.peer(reason),
    });
    this.#leader = leader;
    const wasMember = this.#claim !== undefined;
    await leader.gather(isSuccessor || wasMember);
    if (this.#role !== 'leader') return;
    const slot = this.#table.find(self.key)!;
    this.#claim = { slot: slot.number, generation: slot.occupant!.generation };
    if (this.#table.slots().length > 1) this.#noteCompany();
    const isTakeover = wasMember || leader.follows;
    this.#heritage.begin(readHost(), epochOf(now()));
    const isKnown = !isTakeover || leader.knowsNotes || this.#knowsNotes;
    this.#knowsNotes = true;
    const url = await lead(isKnown ? this.#heritage.bases() : undefined, isTakeover);
    leader.open(url ?? '');
  }

  #onEnd(member: Member, problem: string | undefined): void {
    if (this.#role !== 'member' || member !== this.#member) return;
    if (problem !== undefined) this.#complaints.peer(problem);
    this.#silence.end();
    this.#knowsNotes = member.isDeputy;
    this.#member = undefined;
    this.#role = 'seeking';
    void this.#seek();
  }

  async #beat(): Promise<void> {
    if (this.#role === 'member') return this.#memberBeat(this.#member!);
    if (this.#role !== 'leader' || !this.#leader || this.#leader.isGathering) return;
    this.#leader.beat();
    this.#leader.sweep();
    this.#look();
    if (this.#present.note()) await this.#leader.keep();
    await this.#lookAtPath(this.#leader);
  }

  async #memberBeat(member: Member): Promise<void> {
    const silent = member.silence();
    this.#silence.look(this.#table.slots(), member.leaderPid, silent);
    // Its leader is stopped, and others follow another one.
    if (silent > STALE_AFTER && this.#options.meeting.state() === 'others') return member.leaveAtOnce();
    if (member.wantsValues()) await this.#sendValues();
    else member.beat();
  }

  /** The socket's path is what makes a leader: who does not have it any more steps down. */
  async #lookAtPath(leader: Leader): Promise<void> {
    const { meeting, follow } = this.#options;
    const state = meeting.state();
    if (state === 'ours') return;
    if (state === 'gone') {
      const met = await meeting.meet();
      if (met.as === 'leader') leader.attend(met.server);
      else discard(met);
      return;
    }
    this.#leader = undefined;
    this.#role = 'seeking';
    this.#watch.end();
    // The port first: from now on the other one may have it.
    const closed = follow();
    leader.close();
    await Promise.all([closed, this.#seek()]);
  }

  #look(): void {
    if (!this.#leader?.isGathering) this.#watch.look(this.#table.slots(), this.#options.self.key, now());
  }

  /** With `pull`, the number of a question, as fresh as can be had in time. */
  async #sendValues(pull?: number): Promise<void> {
    if (pull !== undefined) await atMost(this.#options.refresh(), ANSWER_LIMIT);
    const metrics = this.#ledger.observe(this.#options.read());
    const isSent = this.#member?.values(Held.of(metrics), epochOf(now()), pull) ?? true;
    if (!isSent) this.#complaints.size();
  }

  /** `isFromAnother`: it had been with another leader, whose port is this group's. */
  #onJoin(isFromAnother: boolean): void {
    this.#noteCompany();
    if (isFromAnother) this.#options.reclaim();
  }

  #noteCompany(): void {
    if (this.#present.hasCompany) return;
    this.#present.hasCompany = true;
    this.#options.onCompany();
  }
}
