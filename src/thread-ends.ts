/** Where the kernel does not tell which threads live: those that made them do. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Worker } from 'node:worker_threads';
import { tellReporter } from './thread-part.ts';

const THREAD_MADE = 'worker_threads';

/** From now on the end of each thread that this one makes is told. Returns what ends that. Keeps nothing alive. */
export function tellThreadEnds(): () => void {
  const onMade = (message: unknown) => {
    const { worker } = message as { worker: Worker };
    // Afterwards it is -1.
    const { threadId } = worker;
    worker.once('exit', () => tellReporter({ type: 'ended', threadId }));
  };
  subscribe(THREAD_MADE, onMade);
  return () => void unsubscribe(THREAD_MADE, onMade);
}
