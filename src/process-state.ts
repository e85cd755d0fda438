/**
 * What is there once per thread of a process, however many copies of this package are loaded: held on `globalThis`
 * under a shared symbol, so that a preloaded copy and the app's own are one agent.
 */
import { watchFastify } from './probes/fastify-route.ts';
import type { KeptThreads } from './reporter/messages.ts';
import type { Instruments } from './sampler/instruments.ts';
import type { Agent } from './start.ts';
import type { StoreWriter } from './store/writer.ts';
import type { ThreadPart } from './thread-part.ts';

/** Changes only when this interface changes in a way that another copy would not understand. */
const STATE = Symbol.for('loadline.state.v1');

export interface ProcessState {
  /** This thread's map: made at the first instrument or when the agent starts. */
  store?: StoreWriter;
  /** Histogram bounds by metric name that the user set. */
  bounds?: Readonly<Record<string, readonly number[]>>;
  /** What is known of worker threads, kept from one reporter to the next. Main thread only. */
  threads?: KeptThreads;
  /** What adapters that take differences were given, kept likewise. Main thread only. */
  delivered?: Map<string, SharedArrayBuffer>;
  /** This thread's part in the agent of the process. Worker threads only. */
  part?: ThreadPart;
  instruments?: Instruments;
  /** The agent that runs in this thread. */
  agent?: Agent | undefined;
  /** The agent that ran here is being stopped; resolves when it has ended. */
  ending?: Promise<void> | undefined;
  /** A preload waits for something to measure, until this is called. */
  disarm?: (() => void) | undefined;
  /** Answers the reporter thread's question for the stack of this thread. */
  tellStack?: ((number: number) => void) | undefined;
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

/** Fastify tells of its instances when they are made, which is long before they listen. */
export function followFastify(): void {
  const state = processState();
  if (state.followsFastify) return;
  state.followsFastify = true;
  watchFastify();
}
