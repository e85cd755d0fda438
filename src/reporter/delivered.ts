/**
 * What an adapter has been given so far, in a form that outlives the reporter thread: the main thread keeps the bytes,
 * unread, and hands them to the next reporter.
 */
import { deserialize, serialize } from 'node:v8';
import type { Snapshot } from '../snapshot/snapshot.ts';

/** Adapter → the basis of its next difference. */
export type Delivered = ReadonlyMap<string, SharedArrayBuffer>;

export function pack(basis: Snapshot): SharedArrayBuffer {
  const bytes = serialize(basis);
  const shared = new SharedArrayBuffer(bytes.length);
  new Uint8Array(shared).set(bytes);
  return shared;
}

/** Undefined for what another version of this package has left and this one cannot read. */
export function unpack(shared: SharedArrayBuffer | undefined): Snapshot | undefined {
  if (shared === undefined) return undefined;
  try {
    return deserialize(Uint8Array.from(new Uint8Array(shared))) as Snapshot;
  } catch {
    // Everything is new then, which is what is so without any.
    return undefined;
  }
}
