/**
 * What is there once per thread of a process, however many copies of this package are loaded: held on `globalThis`
 * under a shared symbol, so that a preloaded copy and the app's own are one agent.
 */
import type { Collector } from './sampler/collect.ts';
import type { Instruments } from './sampler/instruments.ts';
import type { StoreWriter } from './store/writer.ts';
import type { Agent } from './start.ts';

/** Changes only when this interface changes in a way that another copy would not understand. */
const STATE = Symbol.for('loadline.state.v1');

export interface ProcessState {
  /** This thread's map: made at the first instrument or when the agent starts. */
  store?: StoreWriter;
  instruments?: Instruments;
  collector?: Collector;
  /** The agent that runs in this thread. */
  agent?: Agent | undefined;
  /** Whether a preload waits for something to measure. */
  armed?: boolean;
}

export function processState(): ProcessState {
  const holder = globalThis as { [STATE]?: ProcessState };
  if (!holder[STATE]) Object.defineProperty(holder, STATE, { value: {}, enumerable: false });
  return holder[STATE]!;
}
