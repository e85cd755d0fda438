import { Worker } from 'node:worker_threads';
import { livingTasks, taskStart } from '../../src/host/tasks.ts';
import { kernelThread } from '../../src/thread-part.ts';
import { onlyWhere } from '../support/only-where.ts';

const onLinux = onlyWhere(process.platform === 'linux', 'Linux');

onLinux('A thread is in the list while it lives, under the number that it tells itself', async (t) => {
  t.true(livingTasks()!.has(kernelThread()));
  const worker = new Worker(
    "require('node:worker_threads').parentPort.postMessage(require('node:fs').readlinkSync('/proc/thread-self')); setInterval(() => {}, 1000)",
    { eval: true },
  );
  const link = await new Promise<string>((resolve) => worker.once('message', resolve));
  const tid = Number(link.split('/').at(-1));
  t.not(tid, kernelThread());
  t.true(livingTasks()!.has(tid));
  t.regex(taskStart(tid)!, /^\d+$/);
  await worker.terminate();
  t.false(livingTasks()!.has(tid));
  t.is(taskStart(tid), undefined);
});

onLinux('Threads that started at different times are told apart, whatever they are called', (t) => {
  const own = taskStart(kernelThread());
  t.is(taskStart(kernelThread()), own);
  t.true(Number(own) > 0);
});
