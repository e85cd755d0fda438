import test from 'ava';
import { type Evidence, readEvidence } from '../../../src/dashboard/page/evidence.ts';
import type { Finding } from '../../../src/reporter/findings.ts';

const finding = (evidence: Finding['evidence'], more: Partial<Finding> = {}): Finding => ({
  id: 1,
  kind: 'stall',
  since: 1000,
  until: 3500,
  worker: 'main',
  severity: 'warning',
  title: 'blocked',
  evidence,
  ...more,
});
const factsOf = ({ facts }: Evidence) =>
  Object.fromEntries(facts.map(({ label, text }) => [label, text.replaceAll('\u00a0', ' ')]));

const culprit = { function: 'build', file: '/srv/graph.js', line: 36, column: 9 };

test('A stall is told with function, place, cause, stack, heap, kernel and who waited', (t) => {
  const evidence = readEvidence(
    finding({
      duration: 2.5,
      cause: 'javascript',
      culprit: { ...culprit, share: 0.98 },
      frames: [culprit, { function: null, file: '/srv/app.js', line: 1 }],
      stacks: { count: 77, tops: [{ ...culprit, count: 38 }], missing: null },
      heap: { used: 11_689_624, limit: 4_345_298_944 },
      kernel: { state: 'R', cpu: 0.98, syscall: null, file: null, wchan: null, children: [] },
      requests: { count: 3, list: [{ method: 'GET', path: '/graph', route: null, phase: 'handle', age: 1.2 }] },
    }),
    9000,
  );
  t.deepEqual(factsOf(evidence), {
    Lasted: '2.5 s',
    Function: 'build (on 98 % of the stacks)',
    At: '/srv/graph.js:36:9',
    Cause: 'JavaScript of the app runs',
    Stacks: '77 stacks taken',
    Heap: '11.7 MB in use of 4.3 GB',
    Kernel: 'state R, 98 % of a CPU',
  });
  t.deepEqual(evidence.stack, [
    { name: 'build', at: '/srv/graph.js:36:9' },
    { name: '(anonymous)', at: '/srv/app.js:1' },
  ]);
  t.deepEqual(evidence.tops, [{ name: 'build', at: '/srv/graph.js:36:9', count: 38 }]);
  t.deepEqual(evidence.requests, {
    total: 3,
    rows: [{ method: 'GET', path: '/graph', route: '', phase: 'handle', age: '1.2\u00a0s' }],
  });
});

test('What lasts grows with the time', (t) => {
  const open = finding({ stacks: { count: 0, missing: 'worker' } }, { until: null });
  t.is(factsOf(readEvidence(open, 6000))['Lasts for'], '5 s');
  t.is(factsOf(readEvidence(open, 500))['Lasts for'], '0 ms');
  t.is(factsOf(readEvidence(open, 6000)).Stacks, '0 stacks taken: it is a worker thread');
});

test('Evidence of kinds that this page does not know is told field by field', (t) => {
  const evidence = readEvidence(
    finding({ pid: 12, inFlightAtEnd: 3, threshold: 10, note: 'x\u202ey', list: [1, { a: 2 }], none: null }),
    9000,
  );
  t.deepEqual(factsOf(evidence), {
    Lasted: '2.5 s',
    Pid: '12',
    'In flight at end': '3',
    Threshold: '10 s',
    Note: 'x\\u202ey',
    List: '[1,{"a":2}]',
  });
  t.is(evidence.requests, undefined);
});

test('Evidence may be anything: nothing throws', (t) => {
  const odd: unknown[] = [null, 1, 'x', [], {}, [null, 1, 'x', [[]]], { count: 'many', list: 7, tops: 'x', share: {} }];
  for (const key of ['culprit', 'frames', 'stacks', 'heap', 'kernel', 'requests', 'cause', 'cpu', 'other']) {
    for (const value of odd)
      t.notThrows(() => readEvidence(finding({ [key]: value }), 9000), `${key}: ${JSON.stringify(value)}`);
  }
});
