/** Which processes belong together. */
import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { inspect } from 'node:util';
import type { Config, Environment } from '../config.ts';

/** What a service is called when nobody named it (`src/config/settings.ts`). */
const UNNAMED = 'unknown_service:node';

/** Options may be anything that can be cloned; equal values give equal texts. */
const WHOLE = { depth: null, maxArrayLength: null, maxStringLength: null, sorted: true } as const;
/** Variables that adapters read themselves: where they deliver, and as what. */
const OF_ADAPTERS = /^(LOADLINE_(GRAPHITE|PUSHGATEWAY)|OTEL_EXPORTER_OTLP)_/;

/** What processes of a group have in common. */
type Shared = Pick<Config, 'adapters' | 'serviceName' | Extract<Config['adapters'][number], string>>;

/**
 * The name of the group that a process belongs to, 16 hexadecimal digits. Same user, service, endpoint, and adapters with
 * their options and variables (`env`) make a group: one delivers for all, so all must have the same destinations. A service
 * without a name is its entry script, `main`.
 *
 * Undefined when it belongs to none: it has no destination, or port 0, so that each process has a port of its own, or it
 * has neither a name nor an entry script (`--eval`), so that nobody can tell what else it is part of.
 */
export function groupName(config: Shared, main: string | undefined, env: Environment): string | undefined {
  const { adapters, prometheus, serviceName } = config;
  const isServed = adapters.includes('prometheus');
  if (adapters.length === 0 || (isServed && prometheus.port === 0)) return undefined;
  const isNamed = serviceName !== UNNAMED;
  if (!isNamed && main === undefined) return undefined;
  const service = [process.geteuid?.(), isNamed, isNamed ? serviceName : realPath(main!)];
  const variables = Object.entries(env).filter(([name]) => OF_ADAPTERS.test(name));
  const identity = [service, adapters.map((entry) => optionsOf(entry, config)), variables.sort()];
  return createHash('sha256').update(inspect(identity, WHOLE)).digest('hex').slice(0, 16);
}

function optionsOf(entry: Config['adapters'][number], config: Shared): unknown {
  if (entry === 'prometheus') return [entry, config.prometheus.host, config.prometheus.port];
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
