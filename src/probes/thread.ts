/** Who this thread is to the kernel, and whether the inspector listens on it. For the watchdog; no metrics. */
import { readlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isMainThread } from 'node:worker_threads';
import { HEADER } from '../store/layout.ts';
import type { Probe, ProbeContext } from './probe.ts';

const require = createRequire(import.meta.url);

export const thread: Probe = {
  name: 'thread',
  metrics: [],
  start({ store, heartbeat }: ProbeContext) {
    store.cells[HEADER.tid] = kernelThreadId();
    const url = inspectorUrl();
    if (url === undefined) return () => {};
    const publish = () => {
      store.cells[HEADER.inspector] = url() === undefined ? 0 : 1;
    };
    publish();
    return heartbeat.everySecond(publish);
  },
};

/** 0 where the kernel does not tell: no Linux, or `/proc` is not for us. */
function kernelThreadId(): number {
  try {
    return Number(/\/task\/(\d+)$/.exec(readlinkSync('/proc/thread-self'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** Undefined where no inspector can listen: on worker threads, and in a Node.js that was built without it. */
function inspectorUrl(): (() => string | undefined) | undefined {
  if (!isMainThread) return undefined;
  try {
    return (require('node:inspector') as typeof import('node:inspector')).url;
  } catch {
    return undefined;
  }
}
