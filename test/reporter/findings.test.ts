import test from 'ava';
import { findingLog } from '../../src/reporter/finding-log.ts';
import { FINDINGS_LIMIT, type Finding, Findings, type Found } from '../../src/reporter/findings.ts';

const found = (more: Partial<Found> = {}): Found => ({
  kind: 'stall',
  since: 1000,
  worker: 'main',
  severity: 'warning',
  title: 'the loop is blocked',
  evidence: {},
  ...more,
});

function told() {
  const said: Finding[] = [];
  return { said, findings: new Findings((finding) => said.push(finding)) };
}

test('a finding is listed while it lasts and when it is over, the latest first, and told of twice', (t) => {
  const { said, findings } = told();
  const first = findings.open(found({ since: 1000.4, evidence: { a: 1 } }));
  findings.open(found({ kind: 'slow-request', worker: '3' }));
  t.deepEqual(
    findings.list().map(({ id, kind, worker, until }) => [id, kind, worker, until]),
    [
      [2, 'slow-request', '3', null],
      [1, 'stall', 'main', null],
    ],
  );
  first.update({ title: 'still blocked', severity: 'critical' });
  first.close(2000.6, { evidence: { b: 2 } });
  const closed = {
    id: 1,
    kind: 'stall',
    since: 1000,
    until: 2001,
    worker: 'main',
    severity: 'critical',
    title: 'still blocked',
    evidence: { b: 2 },
  };
  t.deepEqual(findings.list()[1], closed as Finding);
  t.deepEqual(
    said.map(({ id, until }) => [id, until]),
    [
      [1, null],
      [2, null],
      [1, 2001],
    ],
  );
});

test('a finding that is over stays as it is', (t) => {
  const { said, findings } = told();
  const finding = findings.open(found());
  finding.close(5);
  finding.close(6);
  finding.update({ title: 'late' });
  t.like(findings.list()[0], { until: 5, title: 'the loop is blocked' });
  t.is(said.length, 2);
});

test('what the list gave out does not change', (t) => {
  const { findings } = told();
  const evidence = { frames: ['a'] };
  const finding = findings.open(found({ evidence }));
  const before = findings.list();
  evidence.frames.push('b');
  finding.update({ title: 'other' });
  findings.open(found());
  t.is(before.length, 1);
  t.like(before[0], { title: 'the loop is blocked', evidence: { frames: ['a'] } });
});

test('the list is bounded, and what lasts stays', (t) => {
  const { findings } = told();
  const lasting = findings.open(found({ title: 'lasting' }));
  for (let i = 0; i < 3 * FINDINGS_LIMIT; i++) findings.open(found()).close(i);
  t.is(findings.list().length, FINDINGS_LIMIT);
  t.is(findings.list().at(-1)!.title, 'lasting');
  t.is(findings.list()[0]!.until, 3 * FINDINGS_LIMIT - 1);
  lasting.close(1);
  t.is(findings.list().at(-1)!.until, 1);
});

test('many findings of one kind do not drive out the few of another', (t) => {
  const { findings } = told();
  for (let i = 0; i < 3; i++) findings.open(found({ kind: 'stopped' })).close(i);
  for (let i = 0; i < 1000; i++) findings.open(found({ kind: 'slow-request' })).close(i);
  t.is(findings.list().filter(({ kind }) => kind === 'stopped').length, 3);
  t.is(findings.list().length, FINDINGS_LIMIT);
});

test('even where nothing ends the list is bounded, and one that was forgotten can be closed', (t) => {
  const { findings } = told();
  const open = Array.from({ length: 500 }, () => findings.open(found()));
  t.is(findings.list().length, FINDINGS_LIMIT);
  t.is(findings.list()[0]!.id, 500);
  t.notThrows(() => open[0]!.close(1));
  t.notThrows(() => open[0]!.update({ title: 'x' }));
  t.is(findings.list().length, FINDINGS_LIMIT);
});

test('title and evidence are cut and made plain when it opens, when more is known, and when it is over', (t) => {
  const { findings } = told();
  const evidence = { big: 1n, text: 'x'.repeat(1e6) };
  const finding = findings.open(found({ title: 't'.repeat(1e6), evidence }));
  const check = () => {
    const [{ title, evidence: kept }] = findings.list() as [Finding];
    t.is(title.length, 300);
    t.is(kept.big, '1');
    t.true(JSON.stringify(kept).length < 2000);
  };
  check();
  finding.update({ title: 'u'.repeat(1e6), evidence });
  check();
  finding.close(1, { title: 'v'.repeat(1e6), evidence });
  check();
});

test('a list that takes the place of another goes on above its ids', (t) => {
  const findings = new Findings(() => {}, 5000);
  findings.open(found());
  t.is(findings.list()[0]!.id, 5000);
});

function logged(level: 'info' | 'warn' = 'info') {
  const lines: string[] = [];
  const log = {
    info: (line: string) => lines.push(`i ${line}`),
    warn: (line: string) => lines.push(`w ${line}`),
    once: () => {},
  };
  const clock = { time: 1e6 };
  return { lines, clock, findings: new Findings(findingLog(log, level, () => clock.time)) };
}

test('one line when a finding opens and one when it is over: a warning first, then information', (t) => {
  const { lines, findings } = logged();
  findings.open(found({ title: 'a' })).close(1, { title: 'b' });
  findings.open(found({ severity: 'critical', worker: '3.1', title: 'c' }));
  findings.open(found({ severity: 'info', title: 'd' }));
  t.deepEqual(lines, [
    'w warning: a [stall 1]',
    'i over: b [stall 1]',
    'w critical: c in worker 3.1 [stall 2]',
    'i info: d [stall 3]',
  ]);
});

test('at level warn what is over takes nothing of the rate', (t) => {
  const { lines, findings } = logged('warn');
  for (let i = 0; i < 10; i++) findings.open(found()).close(1);
  t.is(lines.length, 10);
  t.true(lines.every((line) => line.startsWith('w warning: ')));
});

test('lines come at a bounded rate, and the next one says how many were not said', (t) => {
  const { lines, clock, findings } = logged();
  for (let i = 0; i < 1000; i++) findings.open(found());
  t.is(lines.length, 10);
  clock.time += 9_999;
  findings.open(found());
  t.is(lines.length, 10);
  clock.time += 1;
  findings.open(found({ title: 'next' }));
  t.is(lines.length, 11);
  t.regex(lines[10]!, /^w warning: next \[stall 1002\] \(and 991 more lines that were not said: see \/findings\)$/);
  clock.time += 1e9;
  for (let i = 0; i < 1000; i++) findings.open(found());
  t.is(lines.length, 21);
  t.notRegex(lines[11]!, /more lines/);
});
