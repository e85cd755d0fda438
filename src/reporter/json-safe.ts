/** Copies of what came from the app, which may be anything, as plain JSON of bounded size. Pure. */

/** Longest text, in characters. */
const TEXT_LIMIT = 1000;
const ITEM_LIMIT = 200;
const DEPTH_LIMIT = 6;
/** Characters of one value in all; every item and key counts for some more. */
const BUDGET = 32_000;
const ITEM_COST = 8;

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/**
 * A plain copy that `JSON.stringify` takes: numbers that are none and what throws become null, bigints text, functions and
 * symbols are left out; what is too long, deep or much is cut. Never throws; runs getters of the value, no `toJSON`.
 */
export function jsonSafe(value: unknown): Json {
  return new Copy().of(value, 0) ?? null;
}

/** One line of at most `limit` characters, cut at a whole one. */
export function shortText(text: string, limit = TEXT_LIMIT): string {
  return text.length <= limit ? text : `${text.slice(0, limit - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}

class Copy {
  #left = BUDGET;

  /** Undefined: to be left out. */
  of(value: unknown, depth: number): Json | undefined {
    this.#left -= ITEM_COST;
    if (this.#left < 0) return undefined;
    switch (typeof value) {
      case 'boolean':
        return value;
      case 'number':
        return Number.isFinite(value) ? value : null;
      case 'string':
        return this.#text(value);
      case 'bigint':
        return this.#text(String(value));
      case 'object':
        return value === null || depth >= DEPTH_LIMIT ? null : this.#object(value, depth);
      default:
        return undefined;
    }
  }

  #text(text: string): string {
    const short = shortText(text, Math.max(1, Math.min(TEXT_LIMIT, this.#left)));
    this.#left -= short.length;
    return short;
  }

  #object(value: object, depth: number): Json {
    try {
      return Array.isArray(value) ? this.#array(value, depth) : this.#record(value, depth);
    } catch {
      // A proxy or getter of the app: what it is about is not known.
      return null;
    }
  }

  /** Nothing is left out in the middle, so that indices stay. */
  #array(value: readonly unknown[], depth: number): Json[] {
    const copy: Json[] = [];
    for (let i = 0; i < value.length && i < ITEM_LIMIT && this.#left > 0; i++) {
      copy.push(this.of(value[i], depth + 1) ?? null);
    }
    return copy;
  }

  #record(value: object, depth: number): { [key: string]: Json } {
    const entries: [string, Json][] = [];
    for (const key of Object.keys(value).slice(0, ITEM_LIMIT)) {
      const name = this.#text(key);
      const copy = this.#property(value, key, depth);
      if (copy !== undefined) entries.push([name, copy]);
    }
    return Object.fromEntries(entries);
  }

  #property(value: object, key: string, depth: number): Json | undefined {
    try {
      return this.of((value as Record<string, unknown>)[key], depth + 1);
    } catch {
      return null;
    }
  }
}
