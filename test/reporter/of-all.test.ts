import test from 'ava';
import type { Finding } from '../../src/reporter/findings.ts';
import { findingsOfAll, requestsOfAll } from '../../src/reporter/of-all.ts';
import type { ListedRequest } from '../../src/reporter/request-list.ts';

const finding = (worker: string, since: number, evidence: Finding['evidence'] = {}): Finding => ({
  ...{ id: 1, kind: 'slow-request', since, until: null, worker, severity: 'warning', title: 'x', evidence },
});
const request = (worker: string, age: number): ListedRequest => ({
  ...{ worker, method: 'GET', path: '/', route: null, phase: 'handle', age },
});

test('a process on its own says what it has', (t) => {
  const own = [finding('main', 1)];
  t.is(findingsOfAll(own, undefined, new Map()), own);
  const list = { time: 1, total: 0, requests: [] };
  t.is(requestsOfAll(list, undefined, new Map()), list);
});

test('workers of several processes are named by slot and thread, the latest finding first', (t) => {
  const others = new Map([[3, [finding('main', 7), finding('2', 1)]]]);
  const found = findingsOfAll([finding('main', 5), finding('3', 9, { slot: 3, pid: 1 })], 1, others);
  t.deepEqual(
    found.map(({ worker, since }) => [worker, since]),
    [
      ['3', 9],
      ['3', 7],
      ['1', 5],
      ['3.2', 1],
    ],
  );
});

test('requests add up, the oldest first', (t) => {
  const own = { time: 5, total: 2, requests: [request('main', 1), request('1', 3)] };
  const all = requestsOfAll(own, 2, new Map([[1, { time: 4, total: 7, requests: [request('main', 2)] }]]));
  t.is(all.total, 9);
  t.deepEqual(
    all.requests.map(({ worker, age }) => [worker, age]),
    [
      ['2.1', 3],
      ['1', 2],
      ['2', 1],
    ],
  );
});

test('an answer that is nonsense is left out, a list is bounded', (t) => {
  const nonsense = [null, 5, 'x', {}, [null, 5], { total: 'x', requests: [] }, { total: 1, requests: 'x' }];
  for (const answer of nonsense) {
    const others = new Map<number, unknown>([[2, answer]]);
    t.is(findingsOfAll([finding('main', 1)], 1, others).length, 1);
    t.is(requestsOfAll({ time: 1, total: 1, requests: [request('main', 1)] }, 1, others).total, 1);
  }
  const many = Array.from({ length: 1500 }, (_, i) => request('main', i));
  t.is(
    requestsOfAll({ time: 1, total: 1, requests: [] }, 1, new Map([[2, { total: 1500, requests: many }]])).requests
      .length,
    1000,
  );
  t.is(findingsOfAll([], 1, new Map([[2, Array.from({ length: 300 }, (_, i) => finding('main', i))]])).length, 200);
});
