/** Which processes belong together. */
import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import type { Config } from '../config.ts';

/** What a service is called when nobody named it (`src/config/settings.ts`). */
const UNNAMED = 'unknown_service:node';

/**
 * The name of the group that a process belongs to, 16 hexadecimal digits; undefined when it belongs to none: it has
 * nothing to share, or port 0, so that each process has a port of its own. Same user, service, and endpoint (or, without
 * one, adapters) make a group; a service without a name is its entry script, `main`.
 */
export function groupName(config: Config, main: string | undefined): string | undefined {
  const { adapters, prometheus, serviceName } = config;
  if (adapters.length === 0) return undefined;
  const isServed = adapters.includes('prometheus');
  if (isServed && prometheus.port === 0) return undefined;
  const endpoint = isServed
    ? `${prometheus.host}:${prometheus.port}`
    : JSON.stringify(adapters.map((entry) => (typeof entry === 'string' ? entry : entry.module)));
  const named = serviceName !== UNNAMED;
  const service = named ? serviceName : realPath(main);
  const identity = JSON.stringify([process.geteuid?.(), named, service, endpoint]);
  return createHash('sha256').update(identity).digest('hex').slice(0, 16);
}

/** A program that is no file (`--eval`) is told apart by the folder it runs in. */
function realPath(main: string | undefined): string {
  try {
    return realpathSync(main ?? process.cwd());
  } catch {
    // Deleted since, or a name that only its loader understands: the name itself has to do.
    return main ?? '';
  }
}
