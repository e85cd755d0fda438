/** Numbers over time as the page holds them: evenly spaced, bounded, gaps as null. Pure. */
import type { History, TrackId, TrackPoint } from '../feed.ts';

export type Values = (number | null)[];

/** Times (epoch ms) and as many values of each track that was asked for. */
export interface Frame {
  readonly times: number[];
  readonly series: Values[];
}

/** Points that are kept: a little over an hour at 5 s, a day at 60 s. */
const LIMITS = { 5: 760, 60: 1500 } as const;

export class Timeline {
  /** Seconds. */
  readonly step: 5 | 60;
  #times: number[] = [];
  #tracks = new Map<TrackId, Values>();
  #peaks = new Map<TrackId, Values>();

  constructor(step: 5 | 60) {
    this.step = step;
  }

  get ids(): TrackId[] {
    return [...this.#tracks.keys()];
  }

  get first(): number | undefined {
    return this.#times[0];
  }

  get last(): number | undefined {
    return this.#times.at(-1);
  }

  /** The latest value that is known, null when there is none. */
  latest(track: TrackId): number | null {
    return this.#tracks.get(track)?.at(-1) ?? null;
  }

  /**
   * What the server knows takes the place of what is known here; what is older than that stays, and what came meanwhile.
   */
  load(history: History): void {
    const [start, end] = [history.times[0], history.times.at(-1)];
    if (start === undefined || end === undefined) return;
    const later = this.#pointsAfter(end);
    const kept = lowerBound(this.#times, start);
    const gap = this.#missing(this.#times[kept - 1], start);
    this.#times = [...this.#times.slice(0, kept), ...gap, ...history.times];
    const { length } = this.#times;
    const peaks = Object.entries(history.tracks).map(([id, track]) => [id, track.peaks ?? track.values] as const);
    const values = Object.entries(history.tracks).map(([id, track]) => [id, track.values] as const);
    this.#tracks = extended(this.#tracks, new Map(values), kept, gap.length, length);
    this.#peaks = extended(this.#peaks, new Map(peaks), kept, gap.length, length);
    for (const point of later) this.append(point);
    this.#trim();
  }

  /** Of the step of 5 s. Out of order or twice: the first one counts. */
  append(point: TrackPoint): void {
    const last = this.last;
    if (last !== undefined && point.time <= last) return;
    for (const time of this.#missing(last, point.time)) this.#push(time, {});
    this.#push(point.time, point.values);
    this.#trim();
  }

  /** From `from` to `to` (epoch ms) with one point more on either side, so that lines reach the edges. */
  frame(tracks: readonly TrackId[], from: number, to: number, peaks = false): Frame {
    const times = this.#times;
    const start = Math.max(0, lowerBound(times, from) - 1);
    const end = Math.min(times.length, lowerBound(times, to) + 1);
    const source = peaks ? this.#peaks : this.#tracks;
    const series = tracks.map((id) => source.get(id)?.slice(start, end) ?? new Array(end - start).fill(null));
    return { times: times.slice(start, end), series };
  }

  #pointsAfter(end: number): TrackPoint[] {
    const first = lowerBound(this.#times, end + 1);
    return this.#times.slice(first).map((time, at) => {
      const values = [...this.#tracks].map(([id, list]) => [id, list[first + at] ?? null] as const);
      return { time, values: Object.fromEntries(values) };
    });
  }

  #push(time: number, values: TrackPoint['values']): void {
    for (const id of Object.keys(values)) {
      if (this.#tracks.has(id)) continue;
      this.#tracks.set(id, new Array(this.#times.length).fill(null));
      this.#peaks.set(id, new Array(this.#times.length).fill(null));
    }
    this.#times.push(time);
    for (const [id, list] of this.#tracks) list.push(values[id] ?? null);
    for (const [id, list] of this.#peaks) list.push(values[id] ?? null);
  }

  /** Times between two that are further apart than a step; at most as many as are kept. */
  #missing(last: number | undefined, next: number | undefined): number[] {
    const step = this.step * 1000;
    const times: number[] = [];
    if (last === undefined || next === undefined || next - last < 1.5 * step) return times;
    const start = Math.max(last + step, next - LIMITS[this.step] * step);
    for (let time = start; time < next - step / 2; time += step) times.push(time);
    return times;
  }

  #trim(): void {
    const excess = this.#times.length - LIMITS[this.step];
    if (excess <= 0) return;
    this.#times.splice(0, excess);
    for (const source of [this.#tracks, this.#peaks]) {
      for (const [id, list] of source) {
        list.splice(0, excess);
        // Of a worker, route or series that is gone for as long as is kept.
        if (list.every((value) => value === null)) source.delete(id);
      }
    }
  }
}

/** The first `kept` values, `gap` nulls, and what is new; of tracks of either side. */
function extended(
  old: ReadonlyMap<TrackId, Values>,
  more: ReadonlyMap<TrackId, readonly (number | null)[]>,
  kept: number,
  gap: number,
  length: number,
): Map<TrackId, Values> {
  const result = new Map<TrackId, Values>();
  for (const id of new Set([...more.keys(), ...old.keys()])) {
    const values: Values = old.get(id)?.slice(0, kept) ?? new Array(kept).fill(null);
    for (let i = 0; i < gap; i++) values.push(null);
    values.push(...(more.get(id) ?? []));
    while (values.length < length) values.push(null);
    result.set(id, values);
  }
  return result;
}

/** Index of the first time that is not before. */
export function lowerBound(times: readonly number[], time: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle]! < time) low = middle + 1;
    else high = middle;
  }
  return low;
}
