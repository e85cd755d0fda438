/** Every prom-client that the bridges take. */
import { createRequire } from 'node:module';
import type * as Client from 'prom-client';

const require = createRequire(import.meta.url);

export const CLIENTS: readonly (readonly [name: string, client: typeof Client])[] = [
  'prom-client14',
  'prom-client',
  '@prometheus-io/client',
].map((name) => [name, require(name) as typeof Client]);

/** A text page as its sample lines, labels sorted, numbers as JavaScript writes them; `le` as a number. */
export function sampleLines(text: string): string[] {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return lines.map(normal).sort();
}

function normal(line: string): string {
  const [, name, labels = '', value] = /^(\w+)(?:\{(.*)\})? (\S+)$/s.exec(line) ?? [];
  const parts = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key, text]) => {
    return `${key}="${key === 'le' && text !== '+Inf' ? Number(text) : text}"`;
  });
  return `${name}{${parts.sort().join(',')}} ${Number(value)}`;
}
