/**
 * What is there once per thread of a process, however many copies of this package are loaded: held on `globalThis`
 * under a shared symbol, so that a preloaded copy and the app's own are one agent.
 */
import { isMainThread, threadId } from 'node:worker_threads';
import { parse } from './config.ts';
import { watchFastify } from './probes/fastify-route.ts';
import { announceMap } from './reporter/thread-map.ts';
import type { Instruments } from './sampler/instruments.ts';
import type { Agent } from './start.ts';
import { StoreWriter } from './store/writer.ts';

/** Changes only when this interface changes in a way that another copy would not understand. */
const STATE = Symbol.for('loadline.state.v1');

export interface ProcessState {
  /** This thread's map: made at the first instrument or when the agent starts. */
  store?: StoreWriter;
  /** Histogram bounds by metric name that the user set. */
  bounds?: Readonly<Record<string, readonly number[]>>;
  instruments?: Instruments;
  /** The agent that runs in this thread. */
  agent?: Agent | undefined;
  /** A preload waits for something to measure, until this is called. */
  disarm?: (() => void) | undefined;
  /** Files of metrics libraries that have a bridge. */
  bridged?: Set<string>;
  /** Fastify instances that are made from now on tell their routes. */
  followsFastify?: boolean;
}

export function processState(): ProcessState {
  const holder = globalThis as { [STATE]?: ProcessState };
  if (!holder[STATE]) Object.defineProperty(holder, STATE, { value: {}, enumerable: false });
  return holder[STATE]!;
}

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

/** Fastify tells of its instances when they are made, which is long before they listen. */
export function followFastify(): void {
  const state = processState();
  if (state.followsFastify) return;
  state.followsFastify = true;
  watchFastify();
}
