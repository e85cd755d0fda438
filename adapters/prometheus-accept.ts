/** Which format and which encoding a scraper asked for (RFC 9110, §12.5). Pure. */
import type { Format } from '../src/exposition/text.ts';

interface Preference {
  /** Lower case, without parameters: `text/plain`, `gzip`. */
  readonly value: string;
  readonly version: string | undefined;
  /** 0 (refused) to 1. */
  readonly q: number;
}

/**
 * OpenMetrics only where it is asked for by name, in version 1.0.0 or any, and not less than text; text for everyone
 * else, also for those who accept neither, as all exporters do.
 */
export function negotiateFormat(accept: string | undefined): Format {
  const preferences = parse(accept ?? '');
  let openmetrics = 0;
  for (const { value, version, q } of preferences) {
    if (value === 'application/openmetrics-text' && fits(version, '1.0.0')) openmetrics = Math.max(openmetrics, q);
  }
  return openmetrics > 0 && openmetrics >= textQuality(preferences) ? 'openmetrics' : 'text';
}

/** Whether gzip is welcome: named (or `*`), and not less than `identity`. */
export function acceptsGzip(acceptEncoding: string | undefined): boolean {
  const preferences = parse(acceptEncoding ?? '');
  const named = preferences.find(({ value }) => value === 'gzip' || value === 'x-gzip');
  const gzip = (named ?? preferences.find(({ value }) => value === '*'))?.q ?? 0;
  const identity = preferences.find(({ value }) => value === 'identity')?.q ?? 0;
  return gzip > 0 && gzip >= identity;
}

/** The most specific range that matches counts. */
function textQuality(preferences: readonly Preference[]): number {
  for (const range of ['text/plain', 'text/*', '*/*']) {
    const matching = preferences.filter(({ value, version }) => value === range && fits(version, '0.0.4'));
    if (matching.length > 0) return Math.max(...matching.map(({ q }) => q));
  }
  return 0;
}

function fits(version: string | undefined, ours: string): boolean {
  return version === undefined || version === ours;
}

function parse(header: string): Preference[] {
  return header.split(',').map((item) => {
    const [value = '', ...parameters] = item.split(';').map((part) => part.trim().toLowerCase());
    const q = parameterOf(parameters, 'q');
    return { value, version: parameterOf(parameters, 'version'), q: q === undefined ? 1 : quality(q) };
  });
}

function parameterOf(parameters: readonly string[], name: string): string | undefined {
  const found = parameters.find((parameter) => parameter.startsWith(`${name}=`));
  return found?.slice(name.length + 1).replaceAll('"', '');
}

/** A weight that makes no sense counts as refused: the text format is always there. */
function quality(text: string): number {
  const q = Number(text);
  return q >= 0 && q <= 1 ? q : 0;
}
