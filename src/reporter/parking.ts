/**
 * Worker threads that wait for work in `Atomics.wait`, as those of a pool do, do not turn their event loop and are idle all
 * the same. The kernel tells: such a thread sleeps in `futex`. A main thread is never parked: somebody waits for its loop.
 */
import { overdue } from '../host/event-loop.ts';
import type { ThreadState } from '../host/thread-state.ts';
import type { StoreReader } from '../store/reader.ts';

export interface ParkingMachine {
  thread(tid: number): ThreadState | undefined;
}

/** ms between two looks at most, since each takes about 50 µs and a pool has many threads. */
const GAP = 400;

export class Parking {
  readonly #map: StoreReader;
  readonly #machine: ParkingMachine;
  readonly #threshold: number;
  /** ms: the last look at a thread that was late. */
  #looked = 0;
  #isParked = false;

  /** @param threshold ms of a stall */
  constructor(map: StoreReader, machine: ParkingMachine, threshold: number) {
    this.#map = map;
    this.#machine = machine;
    this.#threshold = threshold;
  }

  /**
   * Notes in the map that the thread is parked, and how long it has been since its last beat. `time`: ms, monotonic.
   * False when it is awake, as far as is known.
   */
  look(time: number): boolean {
    const map = this.#map;
    if (overdue(map, time) === 0) this.#isParked = false;
    else if (!this.#isParked || time - this.#looked >= Math.min(GAP, this.#threshold / 2)) this.#ask(time);
    return this.#isParked;
  }

  #ask(time: number): void {
    const map = this.#map;
    const due = map.header('beat') + map.header('beatInterval');
    const begin = Math.max(this.#looked, due);
    this.#looked = time;
    this.#isParked = isParked(this.#machine.thread(map.header('tid')));
    if (this.#isParked) this.#note(time, begin, due);
  }

  /** `begin`: of the time that the thread is taken to have been parked. */
  #note(time: number, begin: number, due: number): void {
    const map = this.#map;
    const isKnown = map.header('parkedBeat') === map.header('beat');
    const awake = begin - (isKnown ? map.header('parkedAt') : due);
    if (awake >= this.#threshold) {
      map.note('parkedStalls', map.header('parkedStalls') + 1);
      map.note('parkedStalledTime', map.header('parkedStalledTime') + awake);
    }
    if (!isKnown) map.note('parkedTime', 0);
    map.note('parkedAt', time);
    map.note('parkedBeat', map.header('beat'));
    map.note('parkedTime', (isKnown ? map.header('parkedTime') : 0) + time - begin);
  }
}

function isParked(thread: ThreadState | undefined): boolean {
  if (thread?.state !== 'S') return false;
  return thread.syscall === undefined ? (thread.wchan?.startsWith('futex') ?? false) : thread.syscall === 'futex';
}
