/** What a group is given by the process that it is part of. */
import type { Aggregate } from '../config.ts';
import type { Attributes } from '../snapshot/metric.ts';
import type { MetricSnapshot, Snapshot } from '../snapshot/snapshot.ts';
import type { Meeting } from './meeting.ts';
import type { Who } from './slots.ts';
import type { OpenTrouble } from './watch.ts';

export type Role = 'seeking' | 'leader' | 'member' | 'alone' | 'ended';

export interface GroupOptions {
  readonly meeting: Meeting;
  readonly self: Who & { readonly resource: Attributes };
  readonly aggregate: Aggregate;
  /** Series of one metric that are remembered of processes that ended, and of series that are gone. */
  readonly limit: number;
  /** Whether adapters push, so that the last values of a process that ended are kept for them. */
  readonly pushes: boolean;
  /** Asks the app's threads for what only they know, and resolves when that is there or can't be had. Never rejects. */
  refresh(): Promise<void>;
  /** What this process counts at this moment. Later calls never show less. */
  read(): readonly MetricSnapshot[];
  /** What is true of the host rather than of a process. */
  readHost(): readonly MetricSnapshot[];
  /** It is about to lead: what takes its time can begin. */
  prepare(): void;
  /**
   * This process leads now: it serves and pushes for all. Resolves with the URL that it serves at. Never rejects.
   *
   * @param basis what was delivered, by adapter; undefined: nobody knows, although there was a leader before
   * @param isTakeover there was one, whose port may be taken for a moment
   */
  lead(basis: ReadonlyMap<string, Snapshot> | undefined, isTakeover: boolean): Promise<string | undefined>;
  /**
   * Somebody came over from another leader: if the port was taken, it is to be tried until it is had, since the other one
   * gives it up. Must not throw.
   */
  reclaim(): void;
  /** It does not lead any more; gives the port up before it returns. It may lead again before this resolves. Never rejects. */
  follow(): Promise<void>;
  /** It has no group. `serves`: it may serve by itself. Never rejects. */
  alone(serves: boolean): Promise<void>;
  /** The leader serves there (undefined: nowhere). */
  onOpen(url: string | undefined): void;
  /** It is one of several now. Called once. */
  onCompany(): void;
  /** What this process answers to a question of the leader, as JSON can carry it. Must not throw. */
  answer(what: string): unknown;
  openTrouble: OpenTrouble;
  warn(line: string): void;
}
