/** Which processes belong together. */
import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { serialize } from 'node:v8';
import type { Config } from '../config.ts';

/** What a service is called when nobody named it (`src/config/settings.ts`). */
const UNNAMED = 'unknown_service:node';

/**
 * The name of the group that a process belongs to, 16 hexadecimal digits. Same user, service, and endpoint (or, where
 * nothing is served, adapters with their options) make a group; a service without a name is its entry script, `main`.
 *
 * Undefined when it belongs to none: it has no destination, or port 0, so that each process has a port of its own, or it
 * has neither a name nor an entry script (`--eval`), so that nobody can tell what else it is part of.
 */
export function groupName(config: Config, main: string | undefined): string | undefined {
  const { adapters, prometheus, serviceName } = config;
  const isServed = adapters.includes('prometheus');
  if (adapters.length === 0 || (isServed && prometheus.port === 0)) return undefined;
  const isNamed = serviceName !== UNNAMED;
  if (!isNamed && main === undefined) return undefined;
  const endpoint = isServed ? [prometheus.host, prometheus.port] : adapters.map((entry) => optionsOf(entry, config));
  const identity = [process.geteuid?.(), isNamed, isNamed ? serviceName : realPath(main!), endpoint];
  return createHash('sha256').update(serialize(identity)).digest('hex').slice(0, 16);
}

function optionsOf(entry: Config['adapters'][number], config: Config): unknown {
  return typeof entry === 'string' ? [entry, config[entry]] : [entry.module, entry.options];
}

function realPath(main: string): string {
  try {
    return realpathSync(main);
  } catch {
    // Deleted since, or a name that only its loader understands: the name itself has to do.
    return main;
  }
}
