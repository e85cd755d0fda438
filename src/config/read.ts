/** Reads one setting from both of its sources and says what was wrong with either. */
import type { Environment } from '../config.ts';
import { describe, reasonOf } from '../errors.ts';
import { type Kind, type Reading, say } from './kinds.ts';
import type { OptionPath, Setting } from './settings.ts';

/** The untrusted input of one `parse`, and where its problems go. */
export interface Source {
  /** Option path → value, or {@link Unreadable}. */
  readonly options: ReadonlyMap<string, unknown>;
  readonly env: Environment;
  readonly problems: string[];
}

/** Stands for an option whose getter threw. */
export class Unreadable {
  readonly reason: string;
  constructor(thrown: unknown) {
    this.reason = reasonOf(thrown);
  }
}

/** A value, and whether nobody gave a usable one. */
export interface Resolved<T> {
  readonly value: T;
  readonly isDefault: boolean;
}

/** Never throws. */
export function read<T>(source: Source, path: OptionPath, setting: Setting<T>, fallback = setting.fallback) {
  const fromOption = attempt(() => readOption(setting.kind, source.options.get(path)));
  const fromEnv = readText(setting.kind, source.env[setting.env]);
  const value = combine(setting, fromOption.value, fromEnv.value) ?? fallback;
  const taken = setting.kind.say?.(value) ?? say(value);
  report(source.problems, `option ${path}`, setting.kind, fromOption, taken);
  report(source.problems, setting.env, setting.kind, fromEnv, taken);
  return { value, isDefault: fromOption.value === undefined && fromEnv.value === undefined } satisfies Resolved<T>;
}

/** Reads an option that has no variable: its adapter reads those it has. An empty object for none. Never throws. */
export function readPassed(source: Source, path: string, kind: Kind<object>): object {
  const reading = attempt(() => readOption(kind, source.options.get(path)));
  const taken = kind.say!(reading.value ?? {});
  report(source.problems, `option ${path}`, kind, reading, taken);
  return reading.value ?? Object.freeze({});
}

/** Runs code that touches a user's value, whose getters and proxies may throw. */
function attempt<T>(reader: () => Reading<T>): Reading<T> {
  try {
    return reader();
  } catch (thrown) {
    return { bad: `unreadable (${reasonOf(thrown)})` };
  }
}

function readOption<T>(kind: Kind<T>, value: unknown): Reading<T> {
  if (value === undefined) return {};
  if (value instanceof Unreadable) return { bad: `unreadable (${value.reason})` };
  return kind.check(value);
}

function readText<T>(kind: Kind<T>, found: string | undefined): Reading<T> {
  if (typeof found !== 'string') return {};
  const text = found.trim();
  return text === '' ? { value: kind.emptyText } : kind.parse(text);
}

function combine<T>(setting: Setting<T>, fromOption: T | undefined, fromEnv: T | undefined): T | undefined {
  if (setting.merge && fromOption !== undefined && fromEnv !== undefined) return setting.merge(fromEnv, fromOption);
  return fromOption ?? fromEnv;
}

function report<T>(problems: string[], name: string, kind: Kind<T>, { bad }: Reading<T>, taken: string): void {
  if (bad !== undefined) {
    problems.push(describe('ERR_LOADLINE_CONFIG_VALUE', { setting: name, found: bad, allowed: kind.allowed, taken }));
  }
}
