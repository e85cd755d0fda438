/** The answer of `GET /requests`. Types only. */
import type { PHASES } from '../store/layout.ts';

/** What `GET /requests` answers. Stable: fields are only ever added. */
export interface RequestList {
  /** Epoch ms, whole: when it was read. */
  readonly time: number;
  /** Requests in flight, those included that are not listed. */
  readonly total: number;
  /** Oldest first, at most 1000. */
  readonly requests: readonly ListedRequest[];
}

export interface ListedRequest {
  readonly worker: string;
  readonly method: string;
  /** Without query, cut at 118 bytes. */
  readonly path: string;
  /** The registered pattern; null while it is not known. */
  readonly route: string | null;
  readonly phase: (typeof PHASES)[number];
  /** Seconds since it began. */
  readonly age: number;
}
