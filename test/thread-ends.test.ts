import { Worker } from 'node:worker_threads';
import test from 'ava';
import { MAP_CHANNEL, type MapMessage } from '../src/reporter/messages.ts';
import { tellThreadEnds } from '../src/thread-ends.ts';

test('Where the kernel does not tell, every end of a thread is told by the one that made it, until it stops', async (t) => {
  const heard: MapMessage[] = [];
  const channel = new BroadcastChannel(MAP_CHANNEL);
  channel.onmessage = (event) => heard.push((event as { data: MapMessage }).data);
  const ended = (worker: Worker) => new Promise((resolve) => worker.once('exit', resolve));
  const stop = tellThreadEnds();
  const workers = ['', 'process.exit(3)', 'throw new Error("mine")', 'for (;;);'].map(
    (source) => new Worker(source, { eval: true }),
  );
  for (const worker of workers) worker.on('error', () => {});
  const ids = workers.map(({ threadId }) => threadId);
  const ends = workers.map(ended);
  workers[3]!.once('online', () => void workers[3]!.terminate());
  await Promise.all(ends);
  stop();
  await ended(new Worker('', { eval: true }));
  for (const end = Date.now() + 10_000; heard.length < 4 && Date.now() < end; ) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  channel.close();
  t.deepEqual(new Set(heard.map((message) => message.type)), new Set(['ended']));
  t.deepEqual(
    heard.map((message) => (message.type === 'ended' ? message.threadId : 0)).sort((a, b) => a - b),
    ids,
  );
});
