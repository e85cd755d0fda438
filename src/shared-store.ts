/** The map of this thread: one, however many copies of the package write into it. */
import { isMainThread, threadId } from 'node:worker_threads';
import { requireOwn } from './places.ts';
import { processState } from './process-state.ts';
import { HEADER } from './store/layout.ts';
import { StoreWriter } from './store/writer.ts';
import { agentSettings, kernelThread, takePart } from './thread-part.ts';

/** Loaded where it is needed: a worker thread under the preload has the settings of the main thread's agent. */
function parseEnvironment() {
  return (requireOwn('./config.js') as typeof import('./config.ts')).parse({}, process.env).config;
}

/** This thread's map, made at the first call. Before the agent starts the environment alone decides its limits. */
export function sharedStore(settings?: {
  readonly seriesLimit: number;
  readonly bounds: Readonly<Record<string, readonly number[]>>;
}): StoreWriter {
  const state = processState();
  if (state.store && !settings) return state.store;
  const { seriesLimit, bounds } = settings ?? agentSettings() ?? parseEnvironment();
  state.bounds = bounds;
  if (!state.store) {
    state.store = makeStore();
    // A worker thread hands its map over at once: it may be gone in a moment.
    if (!isMainThread) takePart().announce();
  }
  state.store.seriesLimit = seriesLimit;
  return state.store;
}

function makeStore(): StoreWriter {
  const store = new StoreWriter({ threadId });
  if (!isMainThread) store.cells[HEADER.tid] = kernelThread();
  return store;
}
