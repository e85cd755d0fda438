import test from 'ava';
import type { State, Vital, WorkerRow } from '../../src/dashboard/feed.ts';
import { type OpenProblem, verdictOf } from '../../src/dashboard/verdict.ts';

const NOW = 1_700_000_000_000;

function vital(id: Vital['id'], used: number | null, state: State, text = 'so much'): Vital {
  return { id, label: id === 'eventloop' ? 'Event loop' : 'Memory', used, state, text, track: 'x' };
}

function found(kind: string, more: Partial<OpenProblem> = {}): OpenProblem {
  return {
    kind,
    severity: 'critical',
    title: 'process 7 is stopped',
    worker: 'main',
    since: NOW - 4200,
    evidence: {},
    ...more,
  };
}

const row = (more: Partial<WorkerRow>) => ({ worker: 'main', state: 'running', since: null, ...more }) as WorkerRow;
const GOOD = [vital('eventloop', 0.42, 'good'), vital('memory', 0.1, 'good')];
const text = (vitals: readonly Vital[], rows: readonly WorkerRow[] = [], problems: readonly OpenProblem[] = []) =>
  verdictOf(vitals, rows, problems, NOW);

test('healthy says what would be the limit', (t) => {
  t.deepEqual(text(GOOD), { state: 'good', text: 'Healthy. The event loop would be the limit: 42 % busy.' });
  t.is(text([vital('memory', 0.6, 'good'), ...GOOD]).text, 'Healthy. The memory would be the limit: 60 % full.');
  t.is(text([vital('queue', null, 'good')]).text, 'Healthy.');
});

test('before anything is known it says so', (t) => {
  t.is(text([vital('eventloop', null, 'unknown')]).state, 'unknown');
  t.is(text([]).state, 'unknown');
});

test('what is worst is named', (t) => {
  const warned = [vital('eventloop', 0.8, 'warning', '80 % busy'), vital('memory', 0.1, 'good')];
  t.deepEqual(text(warned), { state: 'warning', text: 'Near the limit. Event loop: 80 % busy.' });
  const both = [vital('eventloop', 0.95, 'critical', '95 % busy'), vital('memory', 0.96, 'critical', '96 % full')];
  t.deepEqual(text(both), { state: 'critical', text: 'At the limit. Event loop: 95 % busy. Memory: 96 % full.' });
});

test('a loop that is blocked is named with the guilty function, whatever else there is', (t) => {
  const culprit = { function: 'slowFibonacci', file: '/srv/app.js', line: 4, column: 2, share: 1 };
  const stall = found('stall', { evidence: { culprit } });
  t.deepEqual(text(GOOD, [], [found('slow-request'), stall]), {
    state: 'critical',
    text: 'The event loop is blocked for 4.2 s in slowFibonacci (app.js:4).',
  });
  t.is(text(GOOD, [], [found('stall', { evidence: { culprit: null } })]).text, 'The event loop is blocked for 4.2 s.');
  t.is(
    text(GOOD, [], [found('stall', { worker: '3', since: NOW - 12_345 })]).text,
    'The event loop of worker 3 is blocked for 12 s.',
  );
});

test('a loop that is blocked is told before anybody knows why', (t) => {
  const blocked = row({ worker: '2', state: 'stalled', since: NOW - 700 });
  t.is(text(GOOD, [row({}), blocked]).text, 'The event loop of worker 2 is blocked for 0.7 s.');
});

test('processes that are stopped or missing are told, slow requests alone are not', (t) => {
  t.deepEqual(text(GOOD, [], [found('stopped')]), { state: 'critical', text: 'Process 7 is stopped.' });
  t.is(text(GOOD, [], [found('process-missing', { severity: 'warning' })]).state, 'warning');
  t.is(text(GOOD, [], [found('slow-request')]).state, 'good');
});

test('the oldest of several stalls counts, and evidence of a strange shape does no harm', (t) => {
  const stalls = [
    found('stall', { since: NOW - 1000 }),
    found('stall', { since: NOW - 9000, evidence: { culprit: 'x' } }),
  ];
  t.is(text(GOOD, [], stalls).text, 'The event loop is blocked for 9.0 s.');
  t.is(text(GOOD, [], [found('stall', { since: NOW + 5000 })]).text, 'The event loop is blocked for 0.0 s.');
});
