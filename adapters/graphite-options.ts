/** Where to and how: reads options and environment, and says everything that is wrong with them at once. Pure. */
import { isIPv6 } from 'node:net';
import { parseTemplate, type Template } from './graphite-template.ts';

/** Options of the Graphite adapter. Each has an environment variable; an option wins. */
export interface GraphiteOptions {
  /** Carbon's plaintext listener, `tcp://host[:port]`. `LOADLINE_GRAPHITE_URL`, default `tcp://127.0.0.1:2003`. */
  readonly url?: string;
  /** `tagged` (Graphite 1.1) or `dotted`. `LOADLINE_GRAPHITE_FORMAT`, default `tagged`. */
  readonly format?: 'tagged' | 'dotted';
  /** Dotted paths; see {@link parseTemplate}. `LOADLINE_GRAPHITE_TEMPLATE`, default `{service}.{host}.{metric}.{attributes}`. */
  readonly template?: string;
  /** Bytes of lines kept at most, at least 65536. `LOADLINE_GRAPHITE_SPOOL_BYTES`, default 33554432 (32 MiB). */
  readonly spoolBytes?: number;
  /** Seconds for which a line waits at most, at least 60. `LOADLINE_GRAPHITE_SPOOL_AGE`, default 3600. */
  readonly spoolAge?: number;
  /** `socket`, or `graphite`: a client of the npm package. `LOADLINE_GRAPHITE_TRANSPORT`, default `socket`. */
  readonly transport?: 'socket' | 'graphite';
}

export interface Settings {
  readonly host: string;
  readonly port: number;
  readonly format: 'tagged' | 'dotted';
  readonly template: Template;
  readonly spoolBytes: number;
  /** s */
  readonly spoolAge: number;
  readonly transport: 'socket' | 'graphite';
}

/** What a reader found: a value, or what the setting must be instead. */
type Reading<T> = { readonly value: T } | { readonly remedy: string };

interface Setting<T> {
  readonly env: string;
  readonly fallback: string | number;
  read(text: string): Reading<T>;
}

const PORT = 2003;
const MIN_SPOOL_BYTES = 65_536;
const MIN_SPOOL_AGE = 60;
/** 30 days. */
const MAX_SPOOL_AGE = 2_592_000;
/** Longest found value that a problem shows, in characters. */
const SHOWN = 80;

const SETTINGS = {
  url: { env: 'LOADLINE_GRAPHITE_URL', fallback: `tcp://127.0.0.1:${PORT}`, read: readUrl },
  format: { env: 'LOADLINE_GRAPHITE_FORMAT', fallback: 'tagged', read: oneOf('tagged', 'dotted') },
  template: {
    env: 'LOADLINE_GRAPHITE_TEMPLATE',
    fallback: '{service}.{host}.{metric}.{attributes}',
    read: parseTemplate,
  },
  spoolBytes: {
    env: 'LOADLINE_GRAPHITE_SPOOL_BYTES',
    fallback: 33_554_432,
    read: whole(MIN_SPOOL_BYTES, 2 ** 32, 'bytes'),
  },
  spoolAge: {
    env: 'LOADLINE_GRAPHITE_SPOOL_AGE',
    fallback: 3600,
    read: whole(MIN_SPOOL_AGE, MAX_SPOOL_AGE, 'seconds'),
  },
  transport: { env: 'LOADLINE_GRAPHITE_TRANSPORT', fallback: 'socket', read: oneOf('socket', 'graphite') },
} as const;

/** @throws one Error whose message has every problem with its remedy. */
export function parseOptions(options: unknown, env: Readonly<Record<string, string | undefined>>): Settings {
  const problems: string[] = [];
  const given = optionsOf(options, problems);
  const read = <T>(name: keyof typeof SETTINGS, setting: Setting<T>): T | undefined => {
    const option = given.get(name);
    const isOption = option !== undefined;
    const found = option ?? (env[setting.env]?.trim() || setting.fallback);
    const isText = typeof found === 'string' || typeof found === 'number';
    const reading = setting.read(isText ? String(found) : '');
    if ('value' in reading) return reading.value;
    problems.push(`${isOption ? `option ${name}` : setting.env} is ${show(found)}: it must be ${reading.remedy}`);
    return undefined;
  };
  const address = read('url', SETTINGS.url);
  const format = read('format', SETTINGS.format);
  const template = read('template', SETTINGS.template);
  const spoolBytes = read('spoolBytes', SETTINGS.spoolBytes);
  const spoolAge = read('spoolAge', SETTINGS.spoolAge);
  const transport = read('transport', SETTINGS.transport);
  if (problems.length > 0) throw new Error(problems.join('; '));
  return {
    ...address!,
    format: format!,
    template: template!,
    spoolBytes: spoolBytes!,
    spoolAge: spoolAge!,
    transport: transport!,
  };
}

function optionsOf(options: unknown, problems: string[]): Map<string, unknown> {
  if (options === undefined || options === null) return new Map();
  if (typeof options !== 'object' || Array.isArray(options)) {
    problems.push(`the options are ${show(options)}: they must be an object`);
    return new Map();
  }
  const entries = new Map(Object.entries(options));
  for (const name of entries.keys()) {
    if (Object.hasOwn(SETTINGS, name)) continue;
    problems.push(`option ${show(name)} does not exist: remove it; there are ${Object.keys(SETTINGS).join(', ')}`);
  }
  return entries;
}

function readUrl(text: string): Reading<{ readonly host: string; readonly port: number }> {
  const remedy = `tcp://host:port, such as tcp://127.0.0.1:${PORT}`;
  const match = /^tcp:\/\/(\[[^\]]+\]|[^\s:/?#@[\]]+)(?::(\d{1,5}))?\/?$/i.exec(text);
  if (match === null) return { remedy };
  const host = match[1]!.replace(/^\[|\]$/g, '');
  const port = match[2] === undefined ? PORT : Number(match[2]);
  const isAddress = !match[1]!.startsWith('[') || isIPv6(host);
  return isAddress && port >= 1 && port <= 65_535 ? { value: { host, port } } : { remedy };
}

function oneOf<T extends string>(...allowed: readonly T[]): (text: string) => Reading<T> {
  return (text) => {
    const value = allowed.find((one) => one === text.toLowerCase());
    return value === undefined ? { remedy: allowed.join(' or ') } : { value };
  };
}

function whole(minimum: number, maximum: number, unit: string): (text: string) => Reading<number> {
  return (text) => {
    const value = /^\d{1,12}$/.test(text) ? Number(text) : Number.NaN;
    return value >= minimum && value <= maximum
      ? { value }
      : { remedy: `a whole number of ${unit} from ${minimum} to ${maximum}` };
  };
}

function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > SHOWN ? `${value.slice(0, SHOWN)}…` : value);
  return typeof value === 'object' || typeof value === 'function' ? `of type ${typeof value}` : String(value);
}
