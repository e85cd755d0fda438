/** The tracks of one interval. */
import { Distribution } from '../../src/dashboard/distribution.ts';
import { type Interval, Intervals } from '../../src/dashboard/interval.ts';
import type { Recorded } from './recorded.ts';
import { sight } from './recorded.ts';

/** What comes while `happens` runs, in five seconds. */
export function intervalOf(processes: readonly Recorded[], happens: () => void): Interval {
  const intervals = new Intervals();
  intervals.next(sight(100, processes));
  happens();
  return intervals.next(sight(105, processes))!;
}

export type Tracks = Map<string, number | null>;

export function put(fill: (tracks: Tracks, scratch: Distribution) => void): Tracks {
  const tracks: Tracks = new Map();
  fill(tracks, new Distribution());
  return tracks;
}
