import { Worker } from 'node:worker_threads';
import test from 'ava';
import { kindOf, parseSchedstat, threads } from '../../src/host/threads.ts';
import { HostProbes } from '../../src/reporter/host-probes.ts';
import { pointsOf } from '../store/metrics.ts';
import { onlyWhere } from '../support/only-where.ts';

const ofLinux = onlyWhere(process.platform === 'linux', 'Linux');
const NAMED = Number(process.versions.node.split('.')[0]) >= 24;

/** Seconds by kind of thread, of a probe that runs in this thread. The clock it is given runs a minute per call. */
function setUp(workers?: () => ReadonlySet<number>) {
  const host = new HostProbes([threads(workers)], 0, (_key, line) => console.error(line));
  let time = 0;
  return (name = 'cpu') => {
    time += 60_000;
    const points = pointsOf(host.metrics(time), `loadline.thread.${name}.time`);
    return new Map(points.map(({ attributes, value }) => [attributes.thread as string, value as number]));
  };
}

test('The kernel’s three numbers are read; all zero is a kernel that does not count', (t) => {
  t.deepEqual(parseSchedstat('3046710 1296513 19\n'), { cpu: 3046710, wait: 1296513 });
  t.deepEqual(parseSchedstat('5 0 1'), { cpu: 5, wait: 0 });
  for (const text of ['0 0 0\n', '', 'x y z', '12', '-1 5 5']) t.is(parseSchedstat(text), undefined, text);
});

test('Threads are what Node and libuv call them, the first is main, and what has no known name is other', (t) => {
  const pid = String(process.pid);
  t.is(kindOf(pid, 'node-MainThread', '7'), 'main');
  t.is(kindOf(pid, 'libuv-worker', '7'), 'main', 'whatever the app calls itself');
  t.is(kindOf('7', 'loadline', '7'), 'reporter');
  t.is(kindOf('8', 'libuv-worker', '7'), 'pool');
  t.is(kindOf('9', 'V8Worker', '7'), 'v8');
  t.is(kindOf('9', 'node-V8Worker', undefined), 'v8');
  t.is(kindOf('10', 'WorkerThread', '7'), 'worker');
  for (const name of ['node', '', 'tokio-runtime-w', 'loadline']) t.is(kindOf('11', name, '7'), 'other', name);
});

ofLinux('What the main thread computes is its own', (t) => {
  const read = setUp();
  const begin = performance.now();
  const cpuBefore = process.cpuUsage();
  const before = read();
  while (process.cpuUsage(cpuBefore).user < 300_000);
  const spent = read().get('main')! - before.get('main')!;
  // Other threads of the process may have had some of it, but hardly half.
  t.true(spent > 0.15 && spent < (performance.now() - begin) / 1e3 + 0.01, `${spent} s`);
  t.true(read('wait').get('main')! >= 0);
});

ofLinux('No counter falls when threads end, and what they spent stays', async (t) => {
  const read = setUp();
  const burn = 'const until = performance.now() + 300; while (performance.now() < until);';
  const stay = "require('node:worker_threads').parentPort.postMessage('done'); setInterval(() => {}, 1e6);";
  const kind = NAMED ? 'worker' : 'other';
  let last = read();
  const first = last.get(kind) ?? 0;
  for (let round = 0; round < 2; round++) {
    const workers = [1, 2].map(() => new Worker(burn + stay, { eval: true }));
    await Promise.all(workers.map((worker) => new Promise((resolve) => worker.once('message', resolve))));
    const during = read();
    await Promise.all(workers.map((worker) => worker.terminate()));
    const after = read();
    for (const [name, value] of last) t.true(during.get(name)! >= value, name);
    for (const [name, value] of during) t.true(after.get(name)! >= value, name);
    last = after;
  }
  const spent = last.get(kind)! - first;
  t.true(spent > 0.2, `${spent} s of four threads that computed for 0.3 s each`);
});

ofLinux(
  'A worker thread that tells its number is one whatever its name is, and when it is gone what it spent stays',
  async (t) => {
    const told = new Set<number>();
    const read = setUp(() => told);
    const before = read().get('worker') ?? 0;
    const cpu = "Number(require('node:fs').readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ')[0])";
    const burn = `for (const until = ${cpu} + 2e8; ${cpu} < until;);`;
    const tell = "const tid = Number(require('node:fs').readlinkSync('/proc/thread-self').split('/').at(-1));";
    const source = `${tell} const { parentPort } = require('node:worker_threads'); parentPort.postMessage(tid);
    parentPort.once('message', () => { ${burn} parentPort.postMessage('done'); setInterval(() => {}, 1e6); });`;
    const worker = new Worker(source, { eval: true, name: 'pdf-renderer' });
    t.teardown(() => worker.terminate());
    const said = () => new Promise<unknown>((resolve) => worker.once('message', resolve));
    told.add((await said()) as number);
    read();
    worker.postMessage('go');
    await said();
    const spent = read().get('worker')! - before;
    t.true(spent > 0.19, `${spent} s`);
    await worker.terminate();
    told.clear();
    t.true(read().get('worker')! - before >= spent);
  },
);
