/** The demo's command line. Pure. */
import { parseArgs } from 'node:util';

export const HELP = `Usage: npm run demo -- [--for <time>] [--rate <requests a second>]

Starts the example shop under the loadline agent, puts a front end before it, drives it with a steady mixed load
and prints what the agent measured.

  --for <time>   end after this time with a summary: 500ms, 20s, 2m, or bare seconds. Default: until Ctrl-C
  --rate <n>     requests a second, 1 to 2000. Default: 60
  --help         print this
`;

export interface Options {
  /** Milliseconds; undefined runs until Ctrl-C. */
  readonly duration: number | undefined;
  /** Requests a second. */
  readonly rate: number;
}

export type Parsed = { readonly options: Options } | { readonly help: true } | { readonly problem: string };

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
/** What a timer can wait for. */
const LONGEST = 2 ** 31 - 1;

export function parseOptions(argv: readonly string[]): Parsed {
  let values: { for?: string; rate?: string; help?: boolean };
  try {
    values = parseArgs({
      args: [...argv],
      options: { for: { type: 'string' }, rate: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    }).values;
  } catch (error) {
    return { problem: `${(error as Error).message.split('. ')[0]}. Allowed: --for <time>, --rate <n>, --help.` };
  }
  if (values.help) return { help: true };
  const duration = values.for === undefined ? undefined : parseTime(values.for);
  if (values.for !== undefined && duration === undefined) {
    return { problem: `--for wants a time above 0 such as 500ms, 20s, 2m or bare seconds, got "${values.for}".` };
  }
  const rate = values.rate === undefined ? 60 : parseNumber(values.rate);
  if (rate === undefined || rate < 1 || rate > 2000) {
    return { problem: `--rate wants requests a second from 1 to 2000, got "${values.rate}".` };
  }
  return { options: { duration, rate } };
}

/** Milliseconds, or undefined when it is not a time above 0 that a timer can wait for. */
function parseTime(text: string): number | undefined {
  const match = /^([\d.]+)(ms|s|m|h)?$/.exec(text);
  const number = match ? parseNumber(match[1]!) : undefined;
  if (!match || number === undefined) return undefined;
  const ms = number * UNITS[match[2] ?? 's']!;
  return ms >= 1 && ms <= LONGEST ? ms : undefined;
}

function parseNumber(text: string): number | undefined {
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
}
