import { Worker } from 'node:worker_threads';
import test from 'ava';
import { stackTeller } from '../../src/probes/stack.ts';
import { StackArea } from '../../src/store/stack-area.ts';
import { program } from '../reporter/app.ts';

/** As the inspector calls it: from an expression of its own. */
function tell(number: number): StackArea {
  const area = new StackArea();
  const teller = stackTeller(area, () => 42);
  (() => teller(number))();
  return area;
}

test.serial('The stack is told from where the question landed, with the beat and the heap', (t) => {
  function compute(): StackArea {
    return tell(3);
  }
  const told = compute().read(3)!;
  t.deepEqual(
    told.frames.slice(0, 2).map(({ function: name }) => name),
    ['tell', 'compute'],
  );
  const [frame] = told.frames;
  t.regex(frame!.url, /stack\.test\.js$/);
  t.true(frame!.line > frame!.startLine && frame!.startLine > 0);
  t.is(told.beat, 42);
  t.true(told.heapUsed > 1e6 && told.took >= 0 && told.took < 1000);
  t.is(compute().read(2), undefined, 'the answer to another question');
});

test.serial('What the app set on Error is as it was, and is not called', (t) => {
  let calls = 0;
  const prepare = () => {
    calls++;
    return 'mine';
  };
  const [before, limit] = [Error.prepareStackTrace, Error.stackTraceLimit];
  t.teardown(() => {
    Error.prepareStackTrace = before;
    Error.stackTraceLimit = limit;
  });
  Error.prepareStackTrace = prepare;
  Error.stackTraceLimit = 1;
  t.true(tell(1).read(1)!.frames.length > 1);
  t.is(Error.prepareStackTrace, prepare);
  t.is(Error.stackTraceLimit, 1);
  t.is(calls, 0);
  t.is(String(new Error('x').stack), 'mine');
});

test.serial('Properties that were not there are gone again', (t) => {
  const before = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace');
  t.teardown(() => {
    if (before) Object.defineProperty(Error, 'prepareStackTrace', before);
  });
  Reflect.deleteProperty(Error, 'prepareStackTrace');
  tell(1);
  t.false(Object.hasOwn(Error, 'prepareStackTrace'));
});

test.serial('Accessors are put back, and never run', (t) => {
  const before = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace');
  t.teardown(() => {
    Reflect.deleteProperty(Error, 'prepareStackTrace');
    if (before) Object.defineProperty(Error, 'prepareStackTrace', before);
  });
  let runs = 0;
  const accessor = {
    configurable: true,
    enumerable: false,
    get: () => void runs++,
    set: () => void runs++,
  };
  Object.defineProperty(Error, 'prepareStackTrace', accessor);
  t.true(tell(1).read(1)!.frames.length > 1);
  t.deepEqual(Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace'), accessor);
  t.is(runs, 0);
});

const built = (path: string) => JSON.stringify(new URL(`../../src/${path}`, import.meta.url).href);

test('With a frozen Error the answer is that there is no stack', async (t) => {
  const { said, stderr } = await program(`
    const { stackTeller } = await import(${built('probes/stack.js')});
    const { StackArea } = await import(${built('store/stack-area.js')});
    Object.freeze(Error);
    const area = new StackArea();
    stackTeller(area, () => 1)(5);
    say(area.read(5).frames);
    say(Object.keys(Error).length);
  `);
  t.deepEqual(said[0], [], stderr);
});

test('Text that does not fit is left out, and what is there is whole', async (t) => {
  const area = new StackArea();
  const deep = (n: number): void => (n === 0 ? stackTeller(area, () => 1)(9) : deep(n - 1));
  deep(300);
  const { frames } = area.read(9)!;
  t.true(frames.length > 50 && frames.length <= 100);
  t.true(frames.slice(0, 50).every(({ function: name, line }) => name === 'deep' && line > 0));
  const reader = new Worker(
    `const { workerData, parentPort } = require('node:worker_threads');
     import(${JSON.stringify(new URL('../../src/store/stack-area.js', import.meta.url).href)}).then(({ StackArea }) =>
       parentPort.postMessage(new StackArea(workerData).read(9).frames.length));`,
    { eval: true, workerData: area.buffer },
  );
  t.is(await new Promise((resolve) => reader.once('message', resolve)), frames.length);
  await reader.terminate();
});
