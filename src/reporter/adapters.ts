/** Adapters by name: each a module of its own, loaded on the reporter thread only when it is asked for. */
import type { AdapterName, Config } from '../config.ts';
import { describe, reasonOf } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Adapter, AdapterContext, AdapterFactory } from './adapter.ts';

const MODULES: Readonly<Record<AdapterName, string>> = {
  prometheus: new URL('../../adapters/prometheus.js', import.meta.url).href,
};

/** The adapter, or undefined when it could not be made, which is said: the others go on. */
export async function loadAdapter(
  name: AdapterName,
  config: Config,
  context: AdapterContext,
  log: Log,
): Promise<Adapter | undefined> {
  try {
    const { default: make } = (await import(MODULES[name])) as { default: AdapterFactory };
    return await make(config[name], context);
  } catch (error) {
    log.warn(describe('ERR_LOADLINE_ADAPTER_LOAD', { adapter: name, reason: reasonOf(error) }));
    return undefined;
  }
}
