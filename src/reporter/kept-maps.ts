/** The main thread keeps the maps of worker threads for the next reporter, also of threads that no reporter ever saw. */
import { HEADER, MAP_BYTES } from '../store/layout.ts';
import { type KeptThreads, MAP_CHANNEL, type MapMessage } from './messages.ts';

/** Whether this can be a map: the channel is open to everybody in the process. */
export function isMap(value: unknown): value is SharedArrayBuffer {
  return value instanceof SharedArrayBuffer && value.byteLength === MAP_BYTES;
}

/** Of a map: after how many folds its numbers are among the sums that threads left; 0 while they are in no sum. */
export function foldOf(map: SharedArrayBuffer): number {
  return Math.max(0, -new Float64Array(map, HEADER.tid * 8, 1)[0]!);
}

export class KeptMaps {
  readonly #threads: KeptThreads;
  readonly #onMap: (map: SharedArrayBuffer) => void;
  #channel: InstanceType<typeof BroadcastChannel> | undefined;

  /**
   * @param threads written here
   * @param onMap told of each map that is added
   */
  constructor(threads: KeptThreads, onMap: (map: SharedArrayBuffer) => void) {
    this.#threads = threads;
    this.#onMap = onMap;
  }

  /** Hears of maps from now on. Idempotent. */
  open(): void {
    if (this.#channel) return;
    this.#channel = new BroadcastChannel(MAP_CHANNEL);
    this.#channel.onmessage = (event) => this.#onMessage((event as { data?: MapMessage | null }).data);
    (this.#channel as unknown as { unref(): void }).unref();
  }

  /** Takes over what `folds` folds left, in place of what fewer left: maps that are in it are let go of. */
  leave(left: Uint8Array<ArrayBuffer>, folds: number): void {
    Object.assign(this.#threads, { left, folds });
    this.#threads.maps = this.#threads.maps.filter((map) => this.#isOwed(map));
  }

  close(): void {
    this.#channel?.close();
    this.#channel = undefined;
  }

  #onMessage(message: MapMessage | null | undefined): void {
    if (message?.type !== 'map' || !isMap(message.map)) return;
    const { map } = message;
    const isKnown = this.#threads.maps.some((known) => threadOf(known) === threadOf(map));
    if (isKnown || !this.#isOwed(map)) return;
    this.#threads.maps = [...this.#threads.maps, map];
    this.#onMap(map);
  }

  /** Its numbers are in no sum that was taken over. */
  #isOwed(map: SharedArrayBuffer): boolean {
    const fold = foldOf(map);
    return fold === 0 || fold > this.#threads.folds;
  }
}

function threadOf(map: SharedArrayBuffer): number {
  return new Float64Array(map, 0, HEADER.threadId + 1)[HEADER.threadId]!;
}
