import { spawn } from 'node:child_process';
import { once } from 'node:events';
import test from 'ava';
import { InspectorSight, type Sight } from '../../src/host/inspector-sight.ts';
import { onlyWhere } from '../support/only-where.ts';
import { freePort } from '../support/ports.ts';

const onLinux = onlyWhere(process.platform === 'linux', '/proc');

/** Threads with names that the test changes. */
function machine(names: Map<number, string>, listening = { is: false }) {
  let reads = 0;
  let asks = 0;
  const sight: Sight = {
    tasks: () => new Set(names.keys()),
    name(tid) {
      reads++;
      return names.get(tid) ?? '';
    },
    listens() {
      asks++;
      return listening.is;
    },
  };
  return { sight, reads: () => reads, asks: () => asks };
}

test('The inspector’s thread is seen by its name, which it may take a little later, and is gone when it is', (t) => {
  const names = new Map([[1, 'MainThread']]);
  const sight = new InspectorSight(machine(names).sight);
  t.false(sight.isThere());
  names.set(7, 'SignalInspector');
  t.false(sight.isThere());
  names.set(7, 'InspectorIo');
  t.true(sight.isThere());
  t.true(sight.isThere());
  names.delete(7);
  t.false(sight.isThere());
});

test('Where threads have no names a new one makes it look who listens, and for as long as somebody does', (t) => {
  const names = new Map([[1, 'node']]);
  const listening = { is: false };
  const { sight, asks } = machine(names, listening);
  const inspector = new InspectorSight(sight);
  listening.is = true;
  t.false(inspector.isThere(), 'no thread is new');
  names.set(7, 'node');
  t.true(inspector.isThere());
  for (let i = 0; i < 10; i++) t.true(inspector.isThere());
  listening.is = false;
  t.false(inspector.isThere());
  const asked = asks();
  t.false(inspector.isThere());
  t.is(asks(), asked);
});

test('Threads that were looked at are left alone', (t) => {
  const names = new Map([[1, 'node']]);
  const { sight, reads, asks } = machine(names);
  const inspector = new InspectorSight(sight);
  names.set(2, 'WorkerThread');
  for (let i = 0; i < 20; i++) t.false(inspector.isThere());
  t.deepEqual([reads(), asks()], [3, 3]);
});

test('Where no threads can be listed there is none', (t) => {
  const sight: Sight = { tasks: () => undefined, name: () => 'InspectorIo', listens: () => true };
  t.false(new InspectorSight(sight).isThere());
});

const BLOCKED = `
  const { Worker } = require('node:worker_threads');
  const { writeSync } = require('node:fs');
  const looking = 'import(' + JSON.stringify(process.argv[1]) + ').then(({ InspectorSight, ofMachine }) => {'
    + 'const sight = new InspectorSight(ofMachine(' + process.debugPort + ')); const { writeSync } = require("node:fs"); let last;'
    + 'setInterval(() => { const is = sight.isThere(); if (is !== last) writeSync(1, is + " "); last = is; }, 20); })';
  new Worker(looking, { eval: true, execArgv: [] }).once('online', () => setTimeout(() => {
    writeSync(1, 'blocked ');
    for (const end = Date.now() + 60000; Date.now() < end;);
  }, 500));
`;

onLinux('SIGUSR1 while the main thread never turns its loop: another thread sees it', async (t) => {
  const file = new URL('../../src/host/inspector-sight.js', import.meta.url).href;
  const child = spawn(process.execPath, [`--inspect-port=${await freePort()}`, '--eval', BLOCKED, file]);
  t.teardown(() => child.kill('SIGKILL'));
  let text = '';
  child.stdout.on('data', (chunk) => {
    text += chunk;
  });
  const said = async (word: string) => {
    while (!text.includes(word)) await Promise.race([once(child.stdout, 'data'), failed]);
  };
  const failed = once(child, 'close').then(() => t.fail(text));
  await Promise.all([said('blocked'), said('false')]);
  child.kill('SIGUSR1');
  await said('true');
  t.deepEqual(
    text.split(' ').filter((word) => word !== 'blocked'),
    ['false', 'true', ''],
  );
});
