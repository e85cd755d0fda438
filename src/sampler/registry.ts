/** The front door to the set for those who import this package; a library may as well add to the set itself. */
import { type Sampler, samplerSet } from './sampler.ts';

/** Who keeps one sampler in the set. */
interface Entry {
  registrations: number;
  /** It was in the set before the first registration: whoever added it takes it out. */
  readonly added: boolean;
}

/** On `globalThis`, so that several copies of this package count together. */
const ENTRIES = Symbol.for('loadline.registrations.v1');

function entries(): Map<Sampler, Entry> {
  const global = globalThis as { [ENTRIES]?: Map<Sampler, Entry> };
  global[ENTRIES] ??= new Map();
  return global[ENTRIES];
}

/**
 * Adds a sampler to the process-wide set and returns the function that takes it out again. The same object registered
 * twice is one entry, which leaves with the last of its registrations; an entry that was in the set before stays.
 * Never throws: what is no sampler is left out by the collector, which says so once.
 */
export function register(sampler: Sampler): () => void {
  let entry = enter(sampler);
  return () => {
    if (entry !== undefined) leave(sampler, entry);
    entry = undefined;
  };
}

/** `undefined` when somebody replaced the set by something that takes no entries. */
function enter(sampler: Sampler): Entry | undefined {
  try {
    const set = samplerSet();
    const added = set.has(sampler);
    const known = added ? entries().get(sampler) : undefined;
    const entry = known ?? { registrations: 0, added };
    set.add(sampler);
    entry.registrations++;
    entries().set(sampler, entry);
    return entry;
  } catch {
    return undefined;
  }
}

function leave(sampler: Sampler, entry: Entry): void {
  if (--entry.registrations > 0 || entries().get(sampler) !== entry) return;
  entries().delete(sampler);
  if (entry.added) return;
  const set: Partial<Set<Sampler>> = samplerSet();
  set.delete?.(sampler);
}
