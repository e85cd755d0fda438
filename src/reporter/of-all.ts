/** What several processes of a service tell of themselves as one list each: pure. Workers are named by their slot. */
import { MAIN_WORKER } from '../snapshot/worker.ts';
import { FINDINGS_LIMIT, type Finding } from './findings.ts';
import type { RequestList } from './request-list.ts';
import { LISTED } from './requests.ts';

/** By slot: what the other processes answered, which may be anything. */
export type Answers = ReadonlyMap<number, unknown>;

/** Latest first, at most 200. `slot`: of this process; undefined: it is on its own. */
export function findingsOfAll(own: readonly Finding[], slot: number | undefined, others: Answers): readonly Finding[] {
  if (slot === undefined) return own;
  const found = own.map((finding) => ofSlot(finding, slot));
  for (const [number, answer] of others) {
    if (Array.isArray(answer)) found.push(...answer.filter(isItem).map((each) => ofSlot(each as Finding, number)));
  }
  return found.sort((a, b) => b.since - a.since).slice(0, FINDINGS_LIMIT);
}

/** Oldest first, at most 1000. */
export function requestsOfAll(own: RequestList, slot: number | undefined, others: Answers): RequestList {
  if (slot === undefined) return own;
  const lists = [
    [slot, own] as const,
    ...[...others].filter((entry): entry is [number, RequestList] => isList(entry[1])),
  ];
  const requests = lists.flatMap(([number, list]) =>
    list.requests.filter(isItem).map((request) => ({ ...request, worker: nameOf(request.worker, number) })),
  );
  return {
    time: own.time,
    total: lists.reduce((sum, [, { total }]) => sum + total, 0),
    requests: requests.sort((a, b) => b.age - a.age).slice(0, LISTED),
  };
}

/** What is found about another process names that one already. */
function ofSlot(finding: Finding, slot: number): Finding {
  const isAboutOther = typeof finding.evidence?.slot === 'number';
  return isAboutOther ? finding : { ...finding, worker: nameOf(finding.worker, slot) };
}

function nameOf(worker: string, slot: number): string {
  return worker === MAIN_WORKER ? String(slot) : `${slot}.${worker}`;
}

function isItem(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

function isList(value: unknown): value is RequestList {
  const { total, requests } = (value ?? {}) as Partial<RequestList>;
  return typeof total === 'number' && Array.isArray(requests);
}
