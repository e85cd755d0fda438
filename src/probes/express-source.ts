/**
 * Express 4 keeps no text of a mount path, only the RegExp that path-to-regexp 0.1 made of it. Its source holds
 * nothing that a client sent, so reading it back can be imprecise at worst, never a leak. Pure.
 */

/** Names of the capture groups in order; a number for a group without a name. */
export type Keys = readonly { readonly name: string | number }[];

/** What path-to-regexp 0.1 appends to a path that need not match to the end. */
const MOUNT_TAIL = '\\/?(?=\\/|$)';
const DEFAULT_PARAMETER = /^(?:\[\^\\?\/(?:\\?\.)?\]\+\?|\(\?:\(\?!.*)$/s;
const REPEATED_SEGMENTS = /^\(\?:\[\\?\//;

/**
 * The alternatives of a regular expression: `source` cut at each `|` that is in no group and no class. Up to
 * path-to-regexp 0.1.7 a group surrounds those of an array.
 */
export function alternativesOf(source: string): string[] {
  if (source.startsWith('(?:') && tokenEnd(source, 0) === source.length) return alternativesOf(source.slice(3, -1));
  const parts: string[] = [];
  let start = 0;
  for (let at = 0; at < source.length; at = tokenEnd(source, at)) {
    if (source[at] !== '|') continue;
    parts.push(source.slice(start, at));
    start = at + 1;
  }
  parts.push(source.slice(start));
  return parts;
}

/**
 * The registered texts of a mount path, one per alternative: `^\/org(?:\/([^/]+?))\/?(?=\/|$)` → `['/org/:org']`.
 * Undefined for a RegExp that the app wrote itself.
 */
export function mountTexts(source: string, keys: Keys): string[] | undefined {
  const parts = alternativesOf(source);
  if (!parts.every((part) => part.startsWith('^') && part.endsWith(MOUNT_TAIL))) return undefined;
  const names = keys.map((key) => key.name).values();
  return parts.map((part) => pathText(part.slice(1, -MOUNT_TAIL.length), names));
}

function pathText(source: string, names: Iterator<string | number>): string {
  let text = '';
  for (let at = 0; at < source.length; ) {
    const end = tokenEnd(source, at);
    text += tokenText(source.slice(at, end), names);
    at = end;
  }
  return text;
}

function tokenText(token: string, names: Iterator<string | number>): string {
  if (token.startsWith('(?:')) {
    const inner = pathText(token.slice(3, -1), names);
    return /[:*]/.test(inner) ? inner : `(${inner})`;
  }
  if (token.startsWith('(') && !token.startsWith('(?')) return parameterText(token.slice(1, -1), names.next().value);
  if (token.startsWith('\\')) return /\w/.test(token[1] ?? '') ? token : token.slice(1);
  return token;
}

function parameterText(pattern: string, name: string | number | undefined): string {
  if (REPEATED_SEGMENTS.test(pattern) || pattern === '.*') return typeof name === 'string' ? `:${name}(*)` : '*';
  const constraint = DEFAULT_PARAMETER.test(pattern) ? '' : `(${pattern})`;
  return typeof name === 'string' ? `:${name}${constraint}` : constraint;
}

/** Where the token at `at` ends: an escape, a class, a balanced group, or one character. */
function tokenEnd(source: string, at: number): number {
  if (source[at] === '\\') return at + 2;
  if (source[at] === '[') return classEnd(source, at);
  if (source[at] !== '(') return at + 1;
  let inside = at + 1;
  while (inside < source.length && source[inside] !== ')') inside = tokenEnd(source, inside);
  return inside + 1;
}

function classEnd(source: string, at: number): number {
  let inside = at + 1;
  while (inside < source.length && source[inside] !== ']') inside += source[inside] === '\\' ? 2 : 1;
  return inside + 1;
}
