/** What the Pushgateway adapter can be told: options first, then the environment. Pure. */
import { wellFormed } from '../src/exposition/labels.ts';

/** Everything is optional; an option wins over its environment variable. */
export interface PushgatewayOptions {
  /**
   * Where the Pushgateway is; `user:password@` becomes basic authentication. `LOADLINE_PUSHGATEWAY_URL`.
   * @default 'http://127.0.0.1:9091'
   * @example 'https://ci:secret@push.example.org/gateway'
   */
  readonly url?: string;
  /**
   * The group's `job`. `LOADLINE_PUSHGATEWAY_JOB`.
   * @default `service.name`
   * @example 'nightly-import'
   */
  readonly job?: string;
  /**
   * Further labels of the group: a name matches `[a-zA-Z_][a-zA-Z0-9_]*`. What is pushed replaces the whole group, so
   * processes that push at the same time need a label that tells them apart. `LOADLINE_PUSHGATEWAY_GROUPING`.
   * @default {}
   * @example { instance: 'host-1' }
   */
  readonly grouping?: Readonly<Record<string, string>>;
  /**
   * Whether the group is deleted when the agent stops: a job that ends by itself usually wants its last numbers kept.
   * `LOADLINE_PUSHGATEWAY_DELETE`.
   * @default false
   */
  readonly delete?: boolean;
  /**
   * Milliseconds that one request may take, 10 to 60000.
   * @default 10000
   */
  readonly timeout?: number;
}

/** Complete and valid. */
export interface PushgatewaySettings {
  /** Without user, password, query, fragment and a `/` at its end. */
  readonly url: string;
  /** Of the `Authorization` header. */
  readonly authorization: string | undefined;
  /** Undefined: the service's name. */
  readonly job: string | undefined;
  readonly grouping: readonly (readonly [name: string, value: string])[];
  readonly delete: boolean;
  readonly timeout: number;
}

const URL_DEFAULT = 'http://127.0.0.1:9091';
const TIMEOUT_DEFAULT = 10_000;

type Environment = Readonly<Record<string, string | undefined>>;
type Problems = string[];

/** @throws Error with all problems in one message. */
export function readOptions(given: unknown, env: Environment): PushgatewaySettings {
  const problems: Problems = [];
  const options = (typeof given === 'object' && given !== null ? given : {}) as Record<
    keyof PushgatewayOptions,
    unknown
  >;
  const text = (name: string) => env[name]?.trim() || undefined;
  const place = readUrl(options.url ?? text('LOADLINE_PUSHGATEWAY_URL') ?? URL_DEFAULT, problems);
  const settings = {
    ...place,
    job: readJob(options.job ?? text('LOADLINE_PUSHGATEWAY_JOB'), problems),
    grouping: readGrouping(options.grouping ?? splitPairs(text('LOADLINE_PUSHGATEWAY_GROUPING'), problems), problems),
    delete: readBoolean(options.delete ?? text('LOADLINE_PUSHGATEWAY_DELETE')?.toLowerCase() ?? false, problems),
    timeout: readTimeout(options.timeout ?? TIMEOUT_DEFAULT, problems),
  };
  if (problems.length > 0) throw new Error(problems.join('; '));
  return settings;
}

/** Never shows the URL whole: it may hold a password. */
function readUrl(given: unknown, problems: Problems): { url: string; authorization: string | undefined } {
  const url = typeof given === 'string' && URL.canParse(given) ? new URL(given) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '') {
    problems.push('the Pushgateway URL must begin with http:// or https:// and have neither query nor fragment');
    return { url: URL_DEFAULT, authorization: undefined };
  }
  return { url: url.origin + url.pathname.replace(/\/+$/, ''), authorization: basicAuth(url, problems) };
}

function basicAuth({ username, password }: URL, problems: Problems): string | undefined {
  if (username === '' && password === '') return undefined;
  try {
    const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    return `Basic ${Buffer.from(pair).toString('base64')}`;
  } catch {
    problems.push('the user or password in the Pushgateway URL is not percent-encoded');
    return undefined;
  }
}

function readJob(given: unknown, problems: Problems): string | undefined {
  if (given === undefined || (typeof given === 'string' && given !== '')) return given;
  problems.push(`job must be a text that is not empty, not ${shown(given)}`);
  return undefined;
}

/** `a=b,c=d`: a value may hold `=` and may be empty. */
function splitPairs(text: string | undefined, problems: Problems): Readonly<Record<string, string>> {
  const pairs = (text ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  const entries: [string, string][] = [];
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    if (at < 0) problems.push(`grouping must be name=value, not ${shown(pair)}`);
    else entries.push([pair.slice(0, at).trim(), pair.slice(at + 1).trim()]);
  }
  return Object.fromEntries(entries);
}

function readGrouping(given: unknown, problems: Problems): (readonly [string, string])[] {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    problems.push(`grouping must be an object of texts, not ${shown(given)}`);
    return [];
  }
  const grouping: [string, string][] = [];
  for (const [name, value] of Object.entries(given)) {
    // Names that begin with `__` are Prometheus' own; `job` has its own place.
    if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) || name.startsWith('__') || name === 'job') {
      problems.push(`${shown(name)} cannot be the name of a grouping label`);
    } else if (typeof value !== 'string') {
      problems.push(`grouping label ${name} must be a text, not ${shown(value)}`);
    } else grouping.push([name, value]);
  }
  return grouping;
}

function readBoolean(given: unknown, problems: Problems): boolean {
  if (given === true || given === 'true') return true;
  if (given !== false && given !== 'false') problems.push(`delete must be true or false, not ${shown(given)}`);
  return false;
}

function readTimeout(given: unknown, problems: Problems): number {
  if (typeof given === 'number' && given >= 10 && given <= 60_000) return given;
  problems.push(`timeout must be 10 to 60000 milliseconds, not ${shown(given)}`);
  return TIMEOUT_DEFAULT;
}

function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 80));
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

/**
 * The path of a group: `/metrics/job/<job>/<name>/<value>…`. A value that is empty or has a `/` goes as base64url
 * (Pushgateway, "URL"): servers in between decode `%2F`. An empty one is `=`, since an empty path element is no element.
 */
export function groupPath(job: string, grouping: PushgatewaySettings['grouping']): string {
  let path = '/metrics';
  for (const [name, value] of [['job', job] as const, ...grouping]) path += pathElement(name, value);
  return path;
}

function pathElement(name: string, given: string): string {
  const value = wellFormed(given);
  // `.` and `..` would be resolved on the way.
  const plain = value !== '' && !value.includes('/') && !/^\.{1,2}$/.test(value);
  if (plain) return `/${name}/${encodeURIComponent(value)}`;
  return `/${name}@base64/${Buffer.from(value).toString('base64url') || '='}`;
}
