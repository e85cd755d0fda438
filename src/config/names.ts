/** Takes the options apart into paths, and finds names that no setting has. */
import type { Environment } from '../config.ts';
import { describe } from '../errors.ts';
import { ADAPTER_VARIABLES, PASSED_OPTIONS } from './adapters.ts';
import { isRecord, show } from './kinds.ts';
import { nearest } from './nearest.ts';
import { Unreadable } from './read.ts';
import { SETTINGS } from './settings.ts';

/** Most unknown names that get a line each. */
const NAME_LIMIT = 10;
const PATHS = [...Object.keys(SETTINGS), ...PASSED_OPTIONS];
const GROUPS = new Set(PATHS.filter((path) => path.includes('.')).map((path) => path.split('.')[0]!));
const VARIABLES = [...Object.values(SETTINGS).map((setting) => setting.env), ...Object.keys(ADAPTER_VARIABLES)];

/**
 * Reads each known option exactly once. Never throws: what cannot be read becomes {@link Unreadable}, what is no
 * object or has an unknown name becomes a problem.
 */
export function flatten(options: unknown, problems: string[]): ReadonlyMap<string, unknown> {
  const values = new Map<string, unknown>();
  const unknown: string[] = [];
  visit(options, '', values, unknown, problems);
  reportNames(unknown, PATHS, 'option ', problems);
  return values;
}

/**
 * Copies the environment and reports variables that begin with `LOADLINE_` and are no setting of this version.
 * Never throws: one that cannot be read counts as empty.
 */
export function copyEnvironment(env: Environment, problems: string[]): Environment {
  const copy = attempt(() => ({ ...env }));
  if (copy instanceof Unreadable) {
    const found = `unreadable (${copy.reason})`;
    problems.push(misfit('the environment', found, 'texts by name', 'the options and defaults'));
    return {};
  }
  const unknown = Object.keys(copy).filter(
    (name) => name.startsWith('LOADLINE_') && !VARIABLES.includes(name) && !isServiceLink(name, copy[name]),
  );
  reportNames(unknown, VARIABLES, '', problems);
  return copy;
}

function visit(owner: unknown, prefix: string, values: Map<string, unknown>, unknown: string[], problems: string[]) {
  if (owner === undefined) return;
  const others = attempt(() => {
    if (owner instanceof Unreadable) return owner;
    return isRecord(owner) ? Object.keys(owner) : undefined;
  });
  if (others === undefined || others instanceof Unreadable) {
    problems.push(notAnObject(prefix, others ?? owner));
    return;
  }
  const known = new Set(PATHS.filter((path) => path.startsWith(prefix)).map((path) => firstPart(path, prefix)));
  for (const name of known) {
    const path = prefix + name;
    const value = attempt(() => (owner as Record<string, unknown>)[name]);
    if (GROUPS.has(path)) visit(value, `${path}.`, values, unknown, problems);
    else values.set(path, value);
  }
  for (const name of others) if (!known.has(name)) unknown.push(prefix + name);
}

function firstPart(path: string, prefix: string): string {
  return path.slice(prefix.length).split('.')[0]!;
}

/** Runs code that touches a user's object, whose getters and proxies may throw. */
function attempt<T>(touch: () => T): T | Unreadable {
  try {
    return touch();
  } catch (thrown) {
    return new Unreadable(thrown);
  }
}

function notAnObject(prefix: string, owner: unknown): string {
  const setting = prefix === '' ? 'the options' : `option ${prefix.slice(0, -1)}`;
  const found = owner instanceof Unreadable ? `unreadable (${owner.reason})` : show(owner);
  return misfit(setting, found, 'an object', 'the environment variables and defaults');
}

function misfit(setting: string, found: string, allowed: string, taken: string): string {
  return describe('ERR_LOADLINE_CONFIG_VALUE', { setting, found, allowed, taken });
}

function reportNames(unknown: readonly string[], known: readonly string[], kind: string, problems: string[]): void {
  for (const name of unknown.slice(0, NAME_LIMIT)) {
    const hint = `the nearest known one is ${nearest(name, known)}`;
    problems.push(describe('ERR_LOADLINE_CONFIG_NAME', { name: kind + name, hint }));
  }
  const rest = unknown.length - NAME_LIMIT;
  if (rest <= 0) return;
  const hint = `known are ${known.join(', ')}`;
  problems.push(describe('ERR_LOADLINE_CONFIG_NAME', { name: `each of ${rest} more names`, hint }));
}

/**
 * Whether Kubernetes set the variable: for a service called `loadline` or `loadline-…` every pod gets
 * `LOADLINE_SERVICE_HOST`, `LOADLINE_PORT=tcp://10.0.0.11:80`, `LOADLINE_PORT_80_TCP_ADDR` and their like.
 */
function isServiceLink(name: string, value: string | undefined): boolean {
  if (/_SERVICE_HOST$|_SERVICE_PORT(_\w+)?$|_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/.test(name)) return true;
  return name.endsWith('_PORT') && /^(tcp|udp|sctp):\/\//.test(String(value));
}
