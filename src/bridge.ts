/** What bridges, which run on the app's thread, use of the agent. Nothing here throws. */
import { parse } from './config.ts';
import { type Code, describe, type Params } from './errors.ts';
import { createLog, type Log } from './log.ts';
import { processState } from './process-state.ts';
import type { Snapshot } from './snapshot/snapshot.ts';

/** The scope of what a bridge brings in: what carries it never leaves by the same bridge. */
export const PROM_CLIENT_SCOPE = 'loadline.bridge.prom-client';
export const OPENTELEMETRY_SCOPE = 'loadline.bridge.opentelemetry';

/** On metrics that a bridge has put into a registry of the app's: a bridge in leaves them out. */
export const BRIDGED = Symbol.for('loadline.bridged.v1');

let log: Log | undefined;

/** Says a line of the catalogue on stderr, once per key. */
export function warnOnce<C extends Code>(code: C, key: string, params: Params<C>): void {
  log ??= createLog(parse({}, process.env).config.log);
  log.once(`${code} ${key}`, describe(code, params));
}

/**
 * What the agent of this thread shows now, without what the sampler of one scope brought in. Undefined when no agent
 * runs here, or when it gave no answer in time.
 */
export async function agentSnapshot(without: string): Promise<Snapshot | undefined> {
  return processState().agent?.snapshot?.(without);
}
