/**
 * What processes of a group tell each other: the head of each frame. The number of this protocol changes whenever
 * another version would not understand it; processes of different numbers do not group.
 */
import type { Attributes } from '../snapshot/metric.ts';
import { areAttributes } from './codec.ts';
import type { RosterEntry } from './slots.ts';

export const PROTOCOL = 1;

export type Message =
  /** First word of a process that joins; with `slot` and `generation` when it had one under another leader. */
  | {
      readonly type: 'hello';
      readonly protocol: number;
      readonly version: string;
      readonly key: string;
      readonly pid: number;
      readonly resource: Attributes;
      readonly slot?: number;
      readonly generation?: number;
      /** Whom it knows of: a new leader waits for those. */
      readonly roster: readonly RosterEntry[];
    }
  /**
   * The leader's answer: `pid` is its own, `known` are the slots and how many generations of each it has in its base.
   * `gathers`: it takes over from the last leader, and with that everything as it was there.
   */
  | {
      readonly type: 'welcome';
      readonly pid: number;
      readonly slot: number;
      readonly generation: number;
      readonly known: readonly (readonly [slot: number, through: number])[];
      readonly gathers: boolean;
    }
  | { readonly type: 'refused'; readonly protocol: number; readonly version: string; readonly reason: string }
  /** A process that came over from another leader has told all it knows; `deputy`: it had been one. */
  | { readonly type: 'settled'; readonly deputy: boolean }
  /** Body: the metrics of the sender at `time` (epoch ms); `pull`: the question that they answer. */
  | { readonly type: 'values'; readonly time: number; readonly pull?: number }
  /** Body: the metrics of another process, as a deputy keeps them for the next leader. */
  | {
      readonly type: 'last';
      readonly slot: number;
      readonly generation: number;
      readonly key: string;
      readonly pid: number;
      readonly resource: Attributes;
      readonly time: number;
      /** It said goodbye. */
      readonly left: boolean;
    }
  /** Body: what earlier processes of a slot counted. */
  | { readonly type: 'base'; readonly slot: number; readonly through: number }
  /** Body: what the next leader must know, by name; `time` (epoch ms) tells which is later. */
  | { readonly type: 'note'; readonly name: string; readonly time: number }
  | { readonly type: 'deputy' }
  | { readonly type: 'roster'; readonly roster: readonly RosterEntry[] }
  /** The leader serves there, or nowhere (an empty text). */
  | { readonly type: 'open'; readonly url: string }
  | { readonly type: 'pull'; readonly number: number }
  | { readonly type: 'ask'; readonly number: number; readonly what: string }
  /** Body: the answer, as JSON. */
  | { readonly type: 'answer'; readonly number: number }
  /** Each second, from the leader to all and from all to the leader. */
  | { readonly type: 'beat' }
  /** The process with that key ends as it should: the sender, or a member of the leader that tells it. */
  | { readonly type: 'bye'; readonly key: string };

type Check = (value: unknown) => boolean;
const text: Check = (value) => typeof value === 'string' && value.length <= 1000;
const number: Check = (value) => typeof value === 'number' && Number.isFinite(value);
const count: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const flag: Check = (value) => typeof value === 'boolean';
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const pair: Check = (value) => Array.isArray(value) && value.length === 2 && value.every(count);
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.length <= 10_000 && value.every(check);

const ENTRY: Readonly<Record<string, Check>> = { slot: count, generation: count, key: text, pid: count };
const entry: Check = (value) => typeof value === 'object' && value !== null && fits(value, ENTRY);

const SHAPES: { readonly [type in Message['type']]: Readonly<Record<string, Check>> } = {
  hello: {
    ...{ protocol: count, version: text, key: text, pid: count, resource: areAttributes },
    ...{ slot: optional(count), generation: optional(count), roster: listOf(entry) },
  },
  welcome: { pid: count, slot: count, generation: count, known: listOf(pair), gathers: flag },
  refused: { protocol: count, version: text, reason: text },
  settled: { deputy: flag },
  values: { time: number, pull: optional(count) },
  last: { ...ENTRY, resource: areAttributes, time: number, left: flag },
  base: { slot: count, through: count },
  note: { name: text, time: number },
  deputy: {},
  roster: { roster: listOf(entry) },
  open: { url: text },
  pull: { number: count },
  ask: { number: count, what: text },
  answer: { number: count },
  beat: {},
  bye: { key: text },
};

/**
 * The head of a frame as a message. Of a `hello` with another protocol number only that number is certain.
 *
 * @throws Error when it is none
 */
export function toMessage(head: unknown): Message {
  if (typeof head !== 'object' || head === null) throw new Error('a head that is no object');
  const { type, protocol } = head as { type?: unknown; protocol?: unknown };
  const shape = typeof type === 'string' && Object.hasOwn(SHAPES, type) ? SHAPES[type as Message['type']] : undefined;
  if (shape === undefined) throw new Error('a message of no type');
  if (type === 'hello' && count(protocol) && protocol !== PROTOCOL) return head as Message;
  if (!fits(head, shape)) throw new Error(`a ${type} of another shape`);
  return head as Message;
}

function fits(value: object, shape: Readonly<Record<string, Check>>): boolean {
  return Object.entries(shape).every(([key, check]) => check((value as Record<string, unknown>)[key]));
}
