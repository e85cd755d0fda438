/**
 * Lines in memory, in the order in which they came: first those that were sent and may be needed again, then those that
 * wait. Bounded in bytes and age; the oldest go first.
 */
import type { Outcome } from '../src/reporter/adapter.ts';
import type { Piece } from './graphite-lines.ts';

/** A piece on its way. */
export interface Chunk {
  readonly bytes: Buffer;
  readonly points: number;
  /** ms, monotonic, at which it came. */
  readonly since: number;
  /** Epoch s of its lines. */
  readonly timestamp: number;
  /** ms, monotonic, at which the last attempt reached the kernel; Infinity before. */
  sentAt: number;
  /** Counted as sent or dropped, which happens once. */
  settled: boolean;
}

export interface SpoolOptions {
  readonly maxBytes: number;
  /** ms */
  readonly maxAge: number;
  /** ms for which sent lines are kept. */
  readonly keep: number;
  count(outcome: Outcome, points: number): void;
  /** ms, monotonic. */
  now(): number;
}

export class Spool {
  readonly #options: SpoolOptions;
  readonly #chunks: Chunk[] = [];
  /** Index of the first chunk that waits; those before it were sent, or are being written. */
  #next = 0;
  #bytes = 0;

  constructor(options: SpoolOptions) {
    this.#options = options;
  }

  /** Bytes of lines held. */
  get bytes(): number {
    return this.#bytes;
  }

  get isWaiting(): boolean {
    this.#expire();
    return this.#next < this.#chunks.length;
  }

  /** Never throws. What is over the bounds afterwards goes, the oldest first. */
  add({ text, points }: Piece, timestamp: number): void {
    // A buffer of its own: a slice of Node's pool would keep the whole slab.
    const bytes = Buffer.allocUnsafeSlow(text.length);
    bytes.write(text, 'latin1');
    const since = this.#options.now();
    this.#chunks.push({ bytes, points, since, timestamp, sentAt: Number.POSITIVE_INFINITY, settled: false });
    this.#bytes += bytes.length;
    this.#options.count('spooled', points);
    this.#expire();
    while (this.#bytes > this.#options.maxBytes) this.#dropOldest();
  }

  /** The oldest chunk that waits; from now on it counts as being written. */
  take(): Chunk | undefined {
    this.#expire();
    const chunk = this.#chunks[this.#next];
    if (chunk !== undefined) this.#next++;
    return chunk;
  }

  /** The kernel, or the transport, has taken it. */
  sent(chunk: Chunk): void {
    chunk.sentAt = this.#options.now();
    this.#settle(chunk, 'sent');
  }

  /** Nothing that was sent is sure any more: all that is kept waits again. */
  rewind(): void {
    for (const chunk of this.#chunks.slice(0, this.#next)) {
      if (!chunk.settled) this.#options.count('failed', chunk.points);
      chunk.sentAt = Number.POSITIVE_INFINITY;
    }
    this.#next = 0;
  }

  /** Gives up everything; what was never sent counts as dropped. */
  clear(): void {
    while (this.#chunks.length > 0) this.#dropOldest();
  }

  #expire(): void {
    const { maxAge, keep, now } = this.#options;
    const time = now();
    for (let oldest = this.#chunks[0]; oldest !== undefined; oldest = this.#chunks[0]) {
      const isKept = this.#next === 0 || oldest.sentAt + keep > time;
      if (isKept && oldest.since + maxAge > time) return;
      this.#dropOldest();
    }
  }

  #dropOldest(): void {
    const chunk = this.#chunks.shift()!;
    this.#bytes -= chunk.bytes.length;
    if (this.#next > 0) this.#next--;
    this.#settle(chunk, 'dropped');
  }

  #settle(chunk: Chunk, outcome: 'sent' | 'dropped'): void {
    if (chunk.settled) return;
    chunk.settled = true;
    this.#options.count(outcome, chunk.points);
    this.#options.count('spooled', -chunk.points);
  }
}
