/** The command line and environment of `loadline top`. Pure. */

export interface Options {
  /** Without a path, such as `http://127.0.0.1:9464`. */
  readonly url: string;
  /** Sent as bearer token; empty: none. */
  readonly token: string;
  /** ms between two questions. */
  readonly interval: number;
  /** Answers that are printed as plain lines before it ends; undefined: until it is stopped, on a terminal as a screen. */
  readonly count: number | undefined;
  /** Each answer as one line of JSON. */
  readonly isJson: boolean;
}

export type Parsed = { readonly options: Options } | { readonly problem: string };

type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULT_HOST = '127.0.0.1';
const DEFAULT_PORT = '9464';
/** Seconds. */
const MIN_INTERVAL = 0.2;
const MAX_INTERVAL = 3600;
/** Servers listen on these, and nobody can connect to them. */
const EVERYWHERE: Readonly<Record<string, string>> = { '0.0.0.0': DEFAULT_HOST, '::': '::1' };

/** `argv`: what stands behind `top`. */
export function parseTop(argv: readonly string[], env: Environment): Parsed {
  let [url, interval, count, isJson]: [string | undefined, number, number | undefined, boolean] = [
    undefined,
    1,
    undefined,
    false,
  ];
  for (let index = 0; index < argv.length; index++) {
    const argument = argv[index]!;
    const [name, inline] = splitOption(argument);
    const value = () => inline ?? argv[++index];
    if (name === '--once') count = 1;
    else if (name === '--json') isJson = true;
    else if (name === '--interval' || name === '-i') {
      const seconds = numberOf(value());
      if (!(seconds >= MIN_INTERVAL && seconds <= MAX_INTERVAL)) {
        return { problem: `${name} wants seconds from ${MIN_INTERVAL} to ${MAX_INTERVAL}, such as ${name} 2` };
      }
      interval = seconds;
    } else if (name === '-n') {
      count = numberOf(value());
      if (!Number.isSafeInteger(count) || count < 1) return { problem: '-n wants a whole number from 1, such as -n 1' };
    } else if (argument.startsWith('-')) {
      return { problem: `top has no option "${argument}": there are --interval <seconds>, -n <times>, --once, --json` };
    } else if (url !== undefined) return { problem: `top takes one address, got "${url}" and "${argument}"` };
    else url = argument;
  }
  const address = url === undefined ? fromEnvironment(env) : addressOf(url);
  if ('problem' in address) return address;
  return {
    options: { url: address.url, token: env.LOADLINE_TOKEN?.trim() ?? '', interval: interval * 1000, count, isJson },
  };
}

function splitOption(argument: string): [name: string, inline: string | undefined] {
  const match = /^(--\w+)=(.*)$/s.exec(argument);
  return match ? [match[1]!, match[2]!] : [argument, undefined];
}

function numberOf(text: string | undefined): number {
  return text !== undefined && /^\d{1,9}(\.\d{1,9})?$/.test(text) ? Number(text) : Number.NaN;
}

function fromEnvironment(env: Environment): { url: string } | { problem: string } {
  const host = env.OTEL_EXPORTER_PROMETHEUS_HOST?.trim() || DEFAULT_HOST;
  const port = env.OTEL_EXPORTER_PROMETHEUS_PORT?.trim() || DEFAULT_PORT;
  if (/^0+$/.test(port)) {
    return {
      problem:
        'OTEL_EXPORTER_PROMETHEUS_PORT=0 takes any free port: give the address, as in loadline top 127.0.0.1:40123',
    };
  }
  const reachable = Object.hasOwn(EVERYWHERE, host) ? EVERYWHERE[host]! : host;
  return addressOf(`${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`);
}

/** `http://host:9464/`, `host:9464`, `host`, `:9464` and `9464` all do. */
function addressOf(text: string): { url: string } | { problem: string } {
  const problem = `"${text}" is no address: it is written http://host:port, host:port, or just the port`;
  const full = /^[a-z]+:\/\//i.test(text) ? text : `http://${withHost(text)}`;
  if (!URL.canParse(full)) return { problem };
  const url = new URL(full);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return { problem };
  if (url.username !== '' || url.password !== '')
    return { problem: 'the address holds a password: set LOADLINE_TOKEN instead' };
  const isBare = url.port === '' && !/:\d+\/?$/.test(full) && url.protocol === 'http:';
  if (isBare) url.port = DEFAULT_PORT;
  return { url: url.origin };
}

function withHost(text: string): string {
  if (/^\d+$/.test(text)) return `${DEFAULT_HOST}:${text}`;
  return text.startsWith(':') ? `${DEFAULT_HOST}${text}` : text;
}
