/** What the tests of the configuration share. */
import { type OptionPath, SETTINGS, type Setting } from '../../src/config/settings.ts';
import { type Config, type Environment, type Options, parse } from '../../src/config.ts';

export const settings = Object.entries(SETTINGS) as [OptionPath, Setting<unknown>][];

/** The configuration of an environment in which nothing is wrong. */
export function fromEnv(env: Environment): Config {
  const { config, problems } = parse({}, env);
  if (problems.length > 0) throw new Error(problems.join('\n'));
  return config;
}

/** What options of any type come to. */
export function fromAny(options: unknown, env: Environment = {}) {
  return parse(options as Options, env);
}

/** A value as plain objects, so that a missing prototype makes no difference. */
export function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

/** The value at a path such as `prometheus.port`. */
export function at(config: Config, path: string): unknown {
  return path.split('.').reduce((owner, key) => (owner as Record<string, unknown>)[key], config as unknown);
}
