/** The in-flight slots of a map, written by the app's thread: which requests are open, since when, for which path. */
import { SLOT_BYTES, SLOT_TEXT_AT, SLOT_TEXT_BYTES, SLOTS, SLOTS_AT } from './layout.ts';

/** Node's own encoder without the argument checks of `write`; on every Buffer, though not in its types. */
type Latin1Buffer = Buffer & { latin1Write(text: string, at: number, length: number): number };

export class Slots {
  readonly #starts: Float64Array;
  readonly #bytes: Latin1Buffer;
  readonly #free = Int32Array.from({ length: SLOTS }, (_, i) => SLOTS - 1 - i);
  #freeCount = SLOTS;

  constructor(buffer: SharedArrayBuffer) {
    this.#starts = new Float64Array(buffer);
    this.#bytes = Buffer.from(buffer) as Latin1Buffer;
  }

  /** Takes a slot for a request that began at `start` (ms, monotonic); -1 when all are taken. */
  take(start: number, method: number, path: string): number {
    if (this.#freeCount === 0) return -1;
    const slot = this.#free[--this.#freeCount]!;
    const byte = SLOTS_AT + slot * SLOT_BYTES;
    this.#bytes[byte + 8] = method;
    this.#bytes[byte + 9] = this.#bytes.latin1Write(path, byte + SLOT_TEXT_AT, SLOT_TEXT_BYTES);
    this.#starts[byte / 8] = start;
    return slot;
  }

  /** Frees a slot; -1 is none. */
  release(slot: number): void {
    if (slot < 0) return;
    this.#starts[(SLOTS_AT + slot * SLOT_BYTES) / 8] = 0;
    this.#free[this.#freeCount++] = slot;
  }
}
