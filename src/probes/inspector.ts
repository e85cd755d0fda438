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
    const publish = inspectorTeller(store.cells);
    publish();
    return heartbeat.everySecond(publish);
  },
};

/**
 * Makes what writes into the map whether the inspector listens. It does nothing where none can: on worker threads, and in
 * a Node.js that was built without it.
 */
export function inspectorTeller(cells: Float64Array): () => void {
  const url = inspectorUrl();
  if (url === undefined) return () => {};
  return () => {
    cells[HEADER.inspector] = url() === undefined ? 0 : 1;
  };
}

function inspectorUrl(): (() => string | undefined) | undefined {
  if (!isMainThread) return undefined;
  try {
    return (require('node:inspector') as typeof import('node:inspector')).url;
  } catch {
    return undefined;
  }
}
