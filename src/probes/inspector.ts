/** Whether the inspector listens on this thread. For the watchdog; no metrics. */
import { createRequire } from 'node:module';
import { isMainThread } from 'node:worker_threads';
import { HEADER } from '../store/layout.ts';
import type { Probe, ProbeContext } from './probe.ts';

const require = createRequire(import.meta.url);

export const inspector: Probe = {
  name: 'inspector',
  metrics: [],
  start({ store, heartbeat }: ProbeContext) {
    const url = inspectorUrl();
    if (url === undefined) return () => {};
    const publish = () => {
      store.cells[HEADER.inspector] = url() === undefined ? 0 : 1;
    };
    publish();
    return heartbeat.everySecond(publish);
  },
};

/** Undefined where no inspector can listen: on worker threads, and in a Node.js that was built without it. */
function inspectorUrl(): (() => string | undefined) | undefined {
  if (!isMainThread) return undefined;
  try {
    return (require('node:inspector') as typeof import('node:inspector')).url;
  } catch {
    return undefined;
  }
}
