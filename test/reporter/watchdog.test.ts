/** The watchdog on a real map whose beat the test drives, with a machine of the test's own. */
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import type { ThreadState } from '../../src/host/thread-state.ts';
import { Findings } from '../../src/reporter/findings.ts';
import { FrameReader } from '../../src/reporter/frames.ts';
import { Sources } from '../../src/reporter/source-map.ts';
import type { Capture, Stack } from '../../src/reporter/stack-capture.ts';
import type { Stackless } from '../../src/reporter/stack-series.ts';
import { Watchdog } from '../../src/reporter/watchdog.ts';
import { HEADER } from '../../src/store/layout.ts';
import { StoreReader } from '../../src/store/reader.ts';
import { StoreWriter } from '../../src/store/writer.ts';

const BEGIN = 100_000;

interface Given {
  readonly worker?: string;
  /** Of the machine at a time since the begin. */
  thread?(): ThreadState | undefined;
  capture?(): Capture | Stackless;
  isInspected?(): boolean;
  throttled?(): number | undefined;
}

function setUp({
  worker = 'main',
  thread = () => undefined,
  capture = () => 'off',
  isInspected = () => false,
  throttled = () => undefined,
}: Given = {}) {
  const store = new StoreWriter();
  const map = new StoreReader(store.buffer);
  const findings = new Findings();
  const sources = new Sources();
  const machine = {
    thread,
    children: () => [],
    processCpu: () => 0,
    throttled,
    capture,
    isInspected,
    captureLimit: () => 10,
    youngHeap: 0,
    epoch: (time: number) => time,
  };
  const frames = new FrameReader(sources);
  const watchdog = new Watchdog({ map, worker, threshold: 500, findings, machine, sources, frames });
  const beat = (time: number) => {
    store.cells[HEADER.beatInterval] = 20;
    store.cells[HEADER.beat] = BEGIN + time;
  };
  const look = (time: number, absence = 0) => watchdog.look(BEGIN + time, absence);
  return { store, findings, watchdog, beat, look, settled: () => sleep(20) };
}

test('Before the first beat, and while beats come, nothing is found', async (t) => {
  const { findings, beat, look, settled } = setUp();
  look(10_000);
  for (let time = 0; time < 3000; time += 100) {
    beat(time);
    look(time + 60);
  }
  await settled();
  t.deepEqual(findings.list(), []);
});

test('A stall is a finding from the threshold on, grows, and ends with its true length', async (t) => {
  const { findings, beat, look, settled } = setUp();
  beat(0);
  look(510);
  t.deepEqual(findings.list(), [], '490 ms late');
  look(520);
  const [found] = findings.list();
  t.like(found, { kind: 'stall', worker: 'main', since: BEGIN + 20, until: null, severity: 'warning' });
  look(6020);
  t.like(findings.list()[0], { severity: 'critical', title: 'event loop blocked for 6.0 s' });
  beat(7020);
  look(7040);
  await settled();
  t.like(findings.list()[0], { since: BEGIN + 20, until: BEGIN + 7020 });
  t.is(findings.list()[0]!.evidence.duration, 7);
  t.is(findings.list().length, 1);
});

test('The length is the thread’s own count of it, where that stall is the only one it counted', async (t) => {
  const { store, findings, beat, look, settled } = setUp();
  beat(0);
  look(1000);
  store.cells[HEADER.stalls] = 1;
  store.cells[HEADER.stalledTime] = 1234;
  beat(1300);
  look(1310);
  await settled();
  t.is(findings.list()[0]!.evidence.duration, 1.234);
});

test('Time in which nobody ran is held against no thread', async (t) => {
  const { findings, beat, look, settled } = setUp();
  beat(0);
  look(3000, 2900);
  t.deepEqual(findings.list(), []);
  look(3450);
  t.is(findings.list().length, 1, 'it is late by more than that now');
  beat(3500);
  look(3510);
  look(3900);
  await settled();
  t.is(findings.list().length, 1);
});

test('A thread that gets no CPU is starved, not stalled, until it would be without that, too', (t) => {
  let cpu = 100;
  const { findings, beat, look } = setUp({ thread: () => ({ state: 'R', cpu }) });
  beat(0);
  look(80);
  cpu = 110;
  look(600);
  t.deepEqual(findings.list(), [], 'for twice the threshold nothing is said');
  look(1100);
  t.like(findings.list()[0], { kind: 'starved' });
  t.is(findings.list()[0]!.evidence.cause, 'cpu');
  cpu = 900;
  look(1700);
  t.like(findings.list()[0], { kind: 'stall' });
  t.is(findings.list().length, 1);
});

test('A thread that a quota holds back is starved by it for as long as its own time is no stall, and blamed on nothing', (t) => {
  let cpu = 100;
  let held = 5000;
  const { findings, beat, look } = setUp({ thread: () => ({ state: 'R', cpu }), throttled: () => held });
  beat(0);
  look(80);
  for (let time = 180; time <= 1980; time += 100) {
    cpu += 22;
    held += 75;
    look(time);
  }
  const [found] = findings.list();
  t.like(found, { kind: 'starved', severity: 'warning' });
  t.regex(found!.title, /^event loop starved of CPU for 2\.0 s: the CPU quota of its container is used up.* 22 %/);
  t.like(found!.evidence, { cause: 'quota', cpu: 0.22, throttled: 1.425 });
  t.false('culprit' in found!.evidence);
  for (let time = 2080; time <= 2980; time += 100) {
    cpu += 22;
    held += 75;
    look(time);
  }
  t.like(findings.list()[0], { kind: 'stall' });
  t.is(findings.list()[0]!.evidence.throttled, 2.175, 'a stall by its own time, which the quota made longer');
  t.is(findings.list().length, 1);
});

test('A thread that hangs all on its own in a container with a quota is a stall as soon as anywhere', (t) => {
  let cpu = 100;
  const { findings, beat, look } = setUp({ thread: () => ({ state: 'R', cpu }), throttled: () => 5000 });
  beat(0);
  look(80);
  cpu += 520;
  look(600);
  t.like(findings.list()[0], { kind: 'stall' });
  t.is(findings.list()[0]!.evidence.throttled, 0);
});

test('A thread that sleeps is not starved, however little it runs', (t) => {
  const { findings, beat, look } = setUp({ thread: () => ({ state: 'S', cpu: 100, syscall: 'read' }) });
  beat(0);
  look(80);
  look(600);
  look(700);
  t.like(findings.list()[0], { kind: 'stall', title: 'event loop blocked for 0.7 s by waiting in read' });
});

function answering(stack: () => Partial<Stack>): () => Capture {
  return () => {
    const told: Stack = { frames: [], beat: BEGIN, heapUsed: 1, took: 0, waited: 1, ...stack() };
    return { asked: BEGIN, isAnswered: false, answer: sleep(1).then(() => told), abandon() {} };
  };
}

const FRAME = { function: 'compute', url: '/app.js', line: 5, column: 3, startLine: 1, startColumn: 1 };

test('A stack of the stall names the function; one of a later turn of the loop is thrown away', async (t) => {
  for (const [beatThen, name] of [
    [BEGIN, 'compute'],
    [BEGIN + 600, undefined],
  ] as const) {
    const { findings, beat, look, settled } = setUp({
      capture: answering(() => ({ frames: [FRAME], beat: beatThen })),
    });
    beat(0);
    look(600);
    await settled();
    beat(800);
    look(810);
    await settled();
    const { culprit } = findings.list()[0]!.evidence as { culprit: { function: string } | null };
    t.is(culprit?.function, name);
  }
});

test('While the inspector listens, and for worker threads, nobody is asked', async (t) => {
  let asked = 0;
  const capture = () => {
    asked++;
    return 'off' as const;
  };
  for (const [worker, inspector, missing] of [
    ['main', 1, 'debugger'],
    ['2', 0, 'worker'],
  ] as const) {
    const { store, findings, beat, look } = setUp({ worker, capture });
    store.cells[HEADER.inspector] = inspector;
    beat(0);
    look(600);
    t.like(findings.list()[0], { worker });
    t.like(findings.list()[0]!.evidence, { stacks: { missing } });
  }
  t.is(asked, 0);
});

test('From the moment on at which an inspector is seen, nobody is asked, though the thread has said nothing of it', async (t) => {
  let asked = 0;
  let isThere = false;
  const capture = answering(() => ({ frames: [FRAME] }));
  const { findings, beat, look, settled } = setUp({
    capture: () => {
      asked++;
      return capture();
    },
    isInspected: () => isThere,
  });
  beat(0);
  look(600);
  await settled();
  t.true(asked > 0);
  isThere = true;
  const before = asked;
  for (let time = 700; time < 2000; time += 100) {
    look(time);
    await settled();
  }
  t.is(asked, before);
  beat(2100);
  look(2110);
  while (findings.list().length === 0) await settled();
  const { stacks } = findings.list()[0]!.evidence as { stacks: { count: number } };
  t.true(stacks.count > 0, 'what was learnt before stays');
});

test('A question that is never answered holds nothing up', async (t) => {
  let abandoned = 0;
  const capture = (): Capture => {
    let settle: (stack: undefined) => void;
    const answer = new Promise<undefined>((resolve) => {
      settle = resolve;
    });
    return {
      asked: BEGIN,
      isAnswered: false,
      answer,
      abandon() {
        abandoned++;
        settle(undefined);
      },
    };
  };
  const { findings, beat, look } = setUp({ capture });
  beat(0);
  look(600);
  look(1200);
  look(1800);
  t.is(findings.list().length, 1);
  beat(2000);
  look(2010);
  while (findings.list()[0]!.until === null) await sleep(20);
  t.is(abandoned, 1);
});

test('When the thread is gone its stall is over', (t) => {
  const { findings, watchdog, beat, look } = setUp();
  beat(0);
  look(600);
  watchdog.close(BEGIN + 900);
  t.is(findings.list()[0]!.until, BEGIN + 900);
});
