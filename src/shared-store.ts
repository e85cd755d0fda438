/** The map of this thread: one, however many copies of the package write into it. */
import { isMainThread, threadId } from 'node:worker_threads';
import { parse } from './config.ts';
import { processState } from './process-state.ts';
import { announceMap } from './reporter/thread-map.ts';
import { StoreWriter } from './store/writer.ts';

/** This thread's map, made at the first call. Before the agent starts the environment alone decides its limits. */
export function sharedStore(settings?: {
  readonly seriesLimit: number;
  readonly bounds: Readonly<Record<string, readonly number[]>>;
}): StoreWriter {
  const state = processState();
  if (state.store && !settings) return state.store;
  const { seriesLimit, bounds } = settings ?? parse({}, process.env).config;
  state.bounds = bounds;
  state.store ??= makeStore();
  state.store.seriesLimit = seriesLimit;
  return state.store;
}

/** A worker thread of the app hands its map over at once: it may be gone in a moment. */
function makeStore(): StoreWriter {
  const store = new StoreWriter({ threadId });
  if (!isMainThread) announceMap(store.buffer);
  return store;
}
