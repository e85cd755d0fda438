/** The front door for samplers of those who import this package. */
import { isMainThread } from 'node:worker_threads';
import { register as enter } from './sampler/registry.ts';
import type { Sampler } from './sampler/sampler.ts';
import { takePart } from './thread-part.ts';

/**
 * Adds a sampler to this thread's set and returns the function that takes it out again. The same object registered
 * twice is one entry, which leaves with the last of its registrations; an entry that was in the set before stays.
 * In a worker thread it is asked when the main thread runs the agent. Never throws: what is no sampler is left out by
 * the collector, which says so once.
 */
export function register(sampler: Sampler): () => void {
  if (!isMainThread) takePart();
  return enter(sampler);
}
