/** A library that shows its own numbers to any collector, and imports nothing for it. */

const HITS = { name: 'lru.hits', kind: 'counter', unit: '{lookup}', help: 'Lookups that found their key.' };
const MISSES = { name: 'lru.misses', kind: 'counter', unit: '{lookup}', help: 'Lookups that did not.' };
const SIZE = { name: 'lru.size', kind: 'updown', unit: '{entry}', help: 'Entries held.' };

type Sink = { put(metric: object, value: number, attributes: { cache: string }): void };
const holder = globalThis as { [key: symbol]: Set<object> | undefined };

export class LruCache<Value> {
  readonly #entries = new Map<string, Value>();
  readonly #limit: number;
  #hits = 0;
  #misses = 0;

  /** Keeps the `limit` entries used last. `name` tells caches of one process apart. */
  constructor(name: string, limit: number) {
    this.#limit = limit;
    const sampler = {
      scope: { name: 'example-lru', version: '1.0.0' },
      startTime: Date.now(),
      sample: (sink: Sink) => {
        sink.put(HITS, this.#hits, { cache: name });
        sink.put(MISSES, this.#misses, { cache: name });
        sink.put(SIZE, this.#entries.size, { cache: name });
      },
    };
    const key = Symbol.for('metric-samplers.v1');
    holder[key] ??= new Set();
    holder[key].add(sampler);
  }

  get(key: string): Value | undefined {
    const value = this.#entries.get(key);
    if (value === undefined) {
      this.#misses++;
      return undefined;
    }
    this.#hits++;
    this.#entries.delete(key);
    this.#entries.set(key, value);
    return value;
  }

  set(key: string, value: Value): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size > this.#limit) this.#entries.delete(this.#entries.keys().next().value as string);
  }
}
