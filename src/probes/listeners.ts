/** Listeners that take no place away from the app's own. */
import type { EventEmitter } from 'node:events';

/**
 * Allows one listener more, for the one of ours: an app with as many listeners as Node allows gets no warning because
 * of the agent. 0 means no limit and stays.
 */
export function makeRoom(emitter: EventEmitter): void {
  const limit = emitter.getMaxListeners();
  if (limit > 0) emitter.setMaxListeners(limit + 1);
}
