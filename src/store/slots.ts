/** The in-flight slots of a map, written by the app's thread: which requests are open, since when, for which path, in which phase. */
import {
  HANDLE,
  SLOT_BYTES,
  SLOT_METHOD,
  SLOT_PHASE,
  SLOT_ROUTE_AT,
  SLOT_ROUTE_BYTES,
  SLOT_ROUTE_LENGTH,
  SLOT_TEXT_AT,
  SLOT_TEXT_BYTES,
  SLOT_TEXT_LENGTH,
  SLOTS,
  SLOTS_AT,
} from './layout.ts';

/** Characters up to which writing one after the other is quicker than a call into Node's encoder. */
const SHORT = 48;

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

  /** Takes a slot for a request that began at `start` (ms, monotonic), in the phase HANDLE; -1 when all are taken. */
  take(start: number, method: number, path: string): number {
    if (this.#freeCount === 0) return -1;
    const slot = this.#free[--this.#freeCount]!;
    const byte = SLOTS_AT + slot * SLOT_BYTES;
    this.#bytes[byte + SLOT_METHOD] = method;
    this.#bytes[byte + SLOT_PHASE] = HANDLE;
    this.#bytes[byte + SLOT_ROUTE_LENGTH] = 0;
    this.#bytes[byte + SLOT_TEXT_LENGTH] = this.#writeLatin1(path, byte + SLOT_TEXT_AT);
    this.#starts[byte / 8] = start;
    return slot;
  }

  /** Returns the number of bytes. */
  #writeLatin1(path: string, at: number): number {
    const { length } = path;
    if (length > SHORT) return this.#bytes.latin1Write(path, at, SLOT_TEXT_BYTES);
    for (let i = 0; i < length; i++) this.#bytes[at + i] = path.charCodeAt(i);
    return length;
  }

  /** The request is at another index of PHASES; slot -1 is none. */
  setPhase(slot: number, phase: number): void {
    if (slot >= 0) this.#bytes[SLOTS_AT + slot * SLOT_BYTES + SLOT_PHASE] = phase;
  }

  /** The route became known, or another one; cut at a whole character. Slot -1 is none. */
  setRoute(slot: number, route: string): void {
    if (slot < 0) return;
    const byte = SLOTS_AT + slot * SLOT_BYTES;
    // While it is written there is no route, so that a reader takes no half of each.
    this.#bytes[byte + SLOT_ROUTE_LENGTH] = 0;
    this.#bytes[byte + SLOT_ROUTE_LENGTH] = this.#bytes.write(route, byte + SLOT_ROUTE_AT, SLOT_ROUTE_BYTES, 'utf8');
  }

  /** Frees a slot; -1 is none. */
  release(slot: number): void {
    if (slot < 0) return;
    this.#starts[(SLOTS_AT + slot * SLOT_BYTES) / 8] = 0;
    this.#free[this.#freeCount++] = slot;
  }
}
