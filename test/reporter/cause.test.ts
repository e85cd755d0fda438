import test from 'ava';
import { causeOf, type Observed } from '../../src/reporter/cause.ts';

const MB = 1024 * 1024;
const RUNNING: Observed = {
  answers: 20,
  watched: 500,
  silent: 0,
  states: { R: 10 },
  children: [],
  heapUsed: 100 * MB,
  heapLimit: 4000 * MB,
  helpers: 0,
  isInspected: false,
};
const SILENT: Observed = { ...RUNNING, answers: 0, silent: 490 };
const child = { pid: 7, command: 'sleep' };

const CASES: readonly [name: string, observed: Observed, cause: string][] = [
  ['it answers', RUNNING, 'javascript'],
  ['it answers, though the kernel saw it sleep now and then', { ...RUNNING, states: { S: 8, R: 2 } }, 'javascript'],
  ['it answers, and a child process runs beside', { ...RUNNING, children: [child] }, 'javascript'],
  ['it runs and does not answer', SILENT, 'native'],
  ['it answered once, when a native call returned', { ...SILENT, answers: 1 }, 'native'],
  ['it was asked a moment ago', { ...SILENT, watched: 10, silent: 10 }, 'unknown'],
  ['it sleeps', { ...SILENT, states: { S: 9, R: 1 } }, 'system-call'],
  ['it waits for a disk', { ...SILENT, states: { D: 9 } }, 'system-call'],
  ['it sleeps and a child began', { ...SILENT, states: { S: 9 }, children: [child] }, 'child-process'],
  ['it sleeps while inspected', { ...SILENT, answers: undefined, states: { S: 9 }, isInspected: true }, 'debugger'],
  ['a tracer holds it', { ...SILENT, states: { t: 9 } }, 'debugger'],
  ['its heap is full and helpers collect', { ...RUNNING, heapUsed: 3700 * MB, helpers: 0.5 }, 'gc'],
  ['its heap is full and nobody collects', { ...RUNNING, heapUsed: 3700 * MB }, 'javascript'],
  [
    'a small heap is full, the young objects left out',
    { ...RUNNING, heapUsed: 90 * MB, heapLimit: 148 * MB, helpers: 1 },
    'gc',
  ],
  ['the limit is not known', { ...RUNNING, heapLimit: 0, helpers: 1 }, 'javascript'],
  ['nobody asked, it runs', { ...RUNNING, answers: undefined }, 'running'],
  ['nobody asked, nothing known', { ...RUNNING, answers: undefined, states: {} }, 'unknown'],
  ['no kernel, no answer', { ...SILENT, states: {} }, 'native'],
];

for (const [name, observed, cause] of CASES) {
  test(`${cause}: ${name}`, (t) => {
    t.is(causeOf(observed), cause as never);
  });
}
