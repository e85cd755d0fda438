/** Takes the options apart into paths, and finds names that no setting has. */
import { describe } from '../errors.ts';
import { show, showSome } from './kinds.ts';
import { nearest } from './nearest.ts';
import { Unreadable } from './read.ts';
import { SETTINGS } from './settings.ts';

/** Settings of our own that are planned: a typo of nothing, but without effect yet. */
export const PLANNED: readonly string[] = Object.freeze([
  'LOADLINE_EXIT_FLUSH',
  'LOADLINE_STALL_THRESHOLD',
  'LOADLINE_STALL_STACKS',
  'LOADLINE_TOKEN',
  'LOADLINE_SLOW_REQUEST',
]);

/** Most unknown names that get a line each. */
const NAME_LIMIT = 10;
const PATHS = Object.keys(SETTINGS);
const GROUPS = new Set(PATHS.filter((path) => path.includes('.')).map((path) => path.split('.')[0]!));
const OURS = Object.values(SETTINGS)
  .map((setting) => setting.env)
  .filter((env) => env.startsWith('LOADLINE_'));

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

/** Reports variables that begin with `LOADLINE_` and are no setting of this version. */
export function checkEnvironment(env: Readonly<Record<string, string | undefined>>, problems: string[]): void {
  const unknown = Object.keys(env).filter(
    (name) => name.startsWith('LOADLINE_') && !OURS.includes(name) && !isServiceLink(name, env[name]),
  );
  reportNames(unknown, OURS, '', problems);
}

function visit(owner: unknown, prefix: string, values: Map<string, unknown>, unknown: string[], problems: string[]) {
  if (owner === undefined) return;
  if (typeof owner !== 'object' || owner === null || Array.isArray(owner) || owner instanceof Unreadable) {
    problems.push(notAnObject(prefix, owner));
    return;
  }
  for (const name of namesOf(owner, prefix)) {
    const path = prefix + name;
    if (GROUPS.has(path)) visit(valueAt(owner, name), `${path}.`, values, unknown, problems);
    else if (PATHS.includes(path)) values.set(path, valueAt(owner, name));
    else unknown.push(path);
  }
}

/** The known names under a prefix, inherited ones too, and the owner's own others. */
function namesOf(owner: object, prefix: string): Set<string> {
  const known = PATHS.filter((path) => path.startsWith(prefix)).map((path) => path.slice(prefix.length).split('.')[0]!);
  try {
    return new Set([...known, ...Object.keys(owner)]);
  } catch {
    // A proxy that hides its keys: the known names can still be asked for one by one.
    return new Set(known);
  }
}

function valueAt(owner: object, name: string): unknown {
  try {
    return (owner as Record<string, unknown>)[name];
  } catch (thrown) {
    return new Unreadable(thrown);
  }
}

function notAnObject(prefix: string, owner: unknown): string {
  return describe('ERR_LOADLINE_CONFIG_VALUE', {
    setting: prefix === '' ? 'the options' : `option ${prefix.slice(0, -1)}`,
    found: owner instanceof Unreadable ? `unreadable (${owner.reason})` : show(owner),
    allowed: 'an object',
    taken: 'the environment variables and defaults',
  });
}

function reportNames(unknown: readonly string[], known: readonly string[], kind: string, problems: string[]): void {
  for (const name of unknown.slice(0, NAME_LIMIT)) {
    const planned = PLANNED.includes(name);
    const hint = planned ? 'a later version will have it' : `the nearest known one is ${nearest(name, known)}`;
    problems.push(describe('ERR_LOADLINE_CONFIG_NAME', { name: kind + name, hint }));
  }
  const rest = unknown.slice(NAME_LIMIT);
  if (rest.length === 0) return;
  const hint = `known are ${known.join(', ')}`;
  problems.push(describe('ERR_LOADLINE_CONFIG_NAME', { name: `each of ${showSome(rest)}`, hint }));
}

/**
 * Whether Kubernetes set the variable: for a service called `loadline` or `loadline-…` every pod gets
 * `LOADLINE_SERVICE_HOST`, `LOADLINE_PORT=tcp://10.0.0.11:80`, `LOADLINE_PORT_80_TCP_ADDR` and their like.
 */
function isServiceLink(name: string, value: string | undefined): boolean {
  if (/_SERVICE_HOST$|_SERVICE_PORT(_\w+)?$|_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/.test(name)) return true;
  return name.endsWith('_PORT') && /^(tcp|udp|sctp):\/\//.test(value ?? '');
}
