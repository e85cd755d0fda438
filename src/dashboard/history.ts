/**
 * Numbers over time, in memory: the last hour every 5 s, the last day every minute as mean and peak. A point takes four
 * bytes, so a track that always has a value takes 3 kB for the hour and 12 kB for the day.
 */
import type { History as Answer, Step, TrackId, Values } from './feed.ts';
import { Pages } from './pages.ts';
import { Ring } from './ring.ts';

/** ms between two points. */
export const STEP = 5000;
/** Points that are kept: an hour and a day. */
const FINE = 720;
const COARSE = 1440;
/** Points of a minute. */
const PER_MINUTE = 12;

interface Track {
  readonly fine: Ring;
  readonly means: Ring;
  readonly peaks: Ring;
  /** Of the minute that is not over. */
  sum: number;
  count: number;
  peak: number;
}

export class History {
  readonly #pages = new Pages();
  readonly #tracks = new Map<TrackId, Track>();
  /** Number of the last point; the first one is 1, and a minute is over with every twelfth. */
  #last = 0;
  /** Epoch ms of the last point. */
  #time = 0;

  /** Bytes that points take. */
  get bytes(): number {
    return this.#pages.bytes;
  }

  get size(): number {
    return this.#tracks.size;
  }

  /**
   * The point `number` (of steps since the history began, from 1, greater than before) at `time` (epoch ms). Numbers may
   * be left out: those points are then without values.
   */
  record(number: number, time: number, values: ReadonlyMap<TrackId, number | null>): void {
    const minute = Math.floor((number - 1) / PER_MINUTE);
    if (Math.floor((this.#last - 1) / PER_MINUTE) !== minute) this.#closeMinute();
    this.#last = number;
    this.#time = time;
    for (const [id, value] of values) if (value !== null && Number.isFinite(value)) this.#write(id, value);
    if (number % PER_MINUTE === 0) this.#closeMinute();
  }

  /** The last value of a track, and how many there are of the last `count` points, oldest first. */
  recent(id: TrackId, count: number): number[] {
    const track = this.#tracks.get(id);
    const found: number[] = [];
    for (let at = Math.max(1, this.#last - count + 1); track && at <= this.#last; at++) {
      const value = track.fine.read(at);
      if (!Number.isNaN(value)) found.push(value);
    }
    return found;
  }

  /** @param isWanted by track */
  answer(step: Step, isWanted: (id: TrackId) => boolean, limit = Number.POSITIVE_INFINITY): Answer {
    const last = step === 5 ? this.#last : Math.floor(this.#last / PER_MINUTE);
    const first = Math.max(1, last - (step === 5 ? FINE : COARSE) + 1);
    const end = step === 5 ? this.#time : this.#time - (this.#last % PER_MINUTE) * STEP;
    const times: number[] = [];
    for (let at = first; at <= last; at++) times.push(Math.round(end - (last - at) * step * 1000));
    const tracks: Record<TrackId, Values> = {};
    let count = 0;
    for (const [id, { fine, means, peaks }] of this.#tracks) {
      if (!isWanted(id) || ++count > limit) continue;
      tracks[id] =
        step === 5
          ? { values: valuesOf(fine, first, last) }
          : { values: valuesOf(means, first, last), peaks: valuesOf(peaks, first, last) };
    }
    return { step, times, tracks };
  }

  /** Lets go of all tracks that begin so. */
  forget(prefix: string): void {
    for (const [id, track] of this.#tracks) {
      if (!id.startsWith(prefix)) continue;
      for (const ring of [track.fine, track.means, track.peaks]) ring.forget(Number.POSITIVE_INFINITY);
      this.#tracks.delete(id);
    }
  }

  #write(id: TrackId, value: number): void {
    let track = this.#tracks.get(id);
    if (track === undefined) {
      const [fine, means, peaks] = [FINE, COARSE, COARSE].map((capacity) => new Ring(this.#pages, capacity));
      track = { fine: fine!, means: means!, peaks: peaks!, sum: 0, count: 0, peak: 0 };
      this.#tracks.set(id, track);
    }
    track.fine.write(this.#last, value);
    track.sum += value;
    track.peak = track.count === 0 ? value : Math.max(track.peak, value);
    track.count++;
  }

  /** The minute of the last point is over. Lets go of what is too old, and of tracks of which nothing is left. */
  #closeMinute(): void {
    const minute = Math.floor((this.#last - 1) / PER_MINUTE) + 1;
    for (const [id, track] of this.#tracks) {
      if (track.count > 0) {
        track.means.write(minute, track.sum / track.count);
        track.peaks.write(minute, track.peak);
      }
      Object.assign(track, { sum: 0, count: 0, peak: 0 });
      const isFresh = track.fine.forget(this.#last - FINE + 1);
      const isKept = [track.means, track.peaks].map((ring) => ring.forget(minute - COARSE + 1)).includes(true);
      if (!isFresh && !isKept) this.#tracks.delete(id);
    }
  }
}

function valuesOf(ring: Ring, first: number, last: number): (number | null)[] {
  const values: (number | null)[] = [];
  for (let at = first; at <= last; at++) {
    const value = ring.read(at);
    values.push(Number.isNaN(value) ? null : rounded(value));
  }
  return values;
}

/** To five digits: a pixel of a chart is worth three. */
export function rounded(value: number): number {
  if (value === 0) return 0;
  const digits = 4 - Math.floor(Math.log10(Math.abs(value)));
  // Powers of ten are exact up to there, so that the result is the number that is written with five digits.
  if (digits > 22 || digits < -22) return Number(value.toPrecision(5));
  return digits >= 0
    ? Math.round(value * 10 ** digits) / 10 ** digits
    : Math.round(value / 10 ** -digits) * 10 ** -digits;
}
