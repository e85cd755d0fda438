/** This process as one of its group: it seeks the leader, joins it, or becomes it, until it ends. docs/group.md */
import type { Server, Socket } from 'node:net';
import { atMost, epochOf, now, timers } from '../clock.ts';
import { describe } from '../errors.ts';
import type { Sight } from '../snapshot/sight.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { VERSION } from '../version.ts';
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
import { Silence, Watch } from './watch.ts';

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

/** Nothing here throws or rejects. */
export class Group {
  readonly #options: GroupOptions;
  readonly #table: SlotTable;
  readonly #ledger: Ledger;
  readonly #heritage = new Heritage((reason) => this.#complaints.ofPeer(reason));
  readonly #complaints: Complaints;
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
  #beats = 0;
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
        this.#complaints.say(
          describe('ERR_LOADLINE_GROUP_SOCKET', { path: this.#options.meeting.path, reason: met.problem }),
        );
        return this.#goAlone(true);
      }
      if (met.as === 'member') await this.#join(met.socket, begin);
      else await pause();
    }
  }

  async #join(socket: Socket, begin: number): Promise<void> {
    const { self, onOpen } = this.#options;
    const member: Member = new Member({
      ...{ socket, self, table: this.#table, notes: this.#heritage.notes },
      ...{ claim: this.#claim, wasDeputy: this.#knowsNotes },
      onPull: (number) => void this.#sendValues(number),
      onAsk: (number, what) => void this.#onAsk(number, what),
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
      this.#complaints.ofPeer(joined.problem);
      return this.#goAlone(true);
    }
    if (joined.state === 'refused') {
      const { version, reason } = joined;
      this.#complaints.say(describe('ERR_LOADLINE_GROUP_VERSION', { own: VERSION, found: version, reason }));
      return this.#goAlone(false);
    }
    this.#complaints.say(describe('ERR_LOADLINE_GROUP_SILENT', { path: this.#options.meeting.path }));
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
      onJoin: () => this.#noteCompany(),
      onChange: () => this.#look(),
      warn: (reason) => this.#complaints.ofPeer(reason),
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
    if (problem !== undefined) this.#complaints.ofPeer(problem);
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
    if (++this.#beats % LOOK === 0) await this.#lookAtPath(this.#leader);
  }

  async #memberBeat(member: Member): Promise<void> {
    const pid = member.leaderPid;
    const slot = this.#table.slots().find(({ occupant }) => occupant?.pid === pid)?.number ?? 0;
    this.#silence.look({ slot, pid, silent: member.silence() });
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
    await follow();
    leader.close();
    await this.#seek();
  }

  #look(): void {
    if (!this.#leader?.isGathering) this.#watch.look(this.#table.slots(), this.#options.self.key, now());
  }

  async #onAsk(number: number, what: string): Promise<void> {
    const answer = await this.#options.answer(what);
    this.#member?.answer(number, Buffer.from(JSON.stringify(answer ?? null)));
  }

  /** With `pull`, the number of a question, as fresh as can be had in time. */
  async #sendValues(pull?: number): Promise<void> {
    if (pull !== undefined) await atMost(this.#options.refresh(), ANSWER_LIMIT);
    const metrics = this.#ledger.observe(this.#options.read());
    const isSent = this.#member?.values(Held.of(metrics), epochOf(now()), pull) ?? true;
    if (!isSent) this.#complaints.say(describe('ERR_LOADLINE_GROUP_SIZE', {}));
  }

  #noteCompany(): void {
    if (this.#present.hasCompany) return;
    this.#present.hasCompany = true;
    this.#options.onCompany();
  }
}
