/**
 * Express 5 with router 2.0 to 2.2 keeps no text of a mount path at all, only a function that matches. The text is
 * recovered by asking that function: which characters of a path that it took may change, and which parameter changes
 * with them? What may not change is literal.
 */

/** What path-to-regexp 8 makes of a path. Pure. */
export type Matcher = (path: string) => Matched | false;
export interface Matched {
  /** The part of the path that was taken. */
  readonly path: string;
  /** Decoded; a wildcard's is an array. */
  readonly params: { readonly [name: string]: unknown };
}

/** Characters; a longer path is not learned from. */
const LONGEST_PATH = 512;
/** Tried in place of each character. One delimiter can forbid one of them, not all. */
const STAND_INS = ['x', 'q', '7', '~'];
/** A whole percent-encoded sequence, of which no half decodes, or one character. */
const UNIT = /(?:%[0-9a-f]{2})+|./gis;

/** A run of characters: of one parameter, or literal. */
interface Piece {
  readonly key: string | undefined;
  text: string;
}

/**
 * The registered text behind `matcher`, learned from a path that it took. Literals are in lower case where the matcher
 * does not care. Undefined if any character could not be proved literal: no text of a client comes out.
 */
export function learnText(matcher: Matcher, taken: Matched): string | undefined {
  if (taken.path.length > LONGEST_PATH) return undefined;
  const pieces = piecesOf(matcher, taken);
  if (pieces === undefined) return undefined;
  const lower = pieces.map(({ key, text }) => ({ key, text: key === undefined ? text.toLowerCase() : text }));
  const proved = [lower, pieces].find((candidate) => isProved(matcher, candidate, Object.keys(taken.params)));
  if (proved === undefined) return undefined;
  return proved.map(({ key, text }) => (key === undefined ? text : parameterText(key, taken.params[key]))).join('');
}

/** A name for what could not be learned: its parameters only. */
export function textOfKeys(taken: Matched): string {
  return Object.keys(taken.params)
    .map((key) => `/${parameterText(key, taken.params[key])}`)
    .join('');
}

function parameterText(key: string, value: unknown): string {
  return `${Array.isArray(value) ? '*' : ':'}${key}`;
}

function piecesOf(matcher: Matcher, taken: Matched): Piece[] | undefined {
  const pieces: Piece[] = [];
  for (const { 0: unit, index } of taken.path.matchAll(UNIT)) {
    const owner = ownerOf(matcher, taken, index, unit);
    if (owner === 'nobody') return undefined;
    const last = pieces.at(-1);
    if (last !== undefined && last.key === owner?.key) last.text += unit;
    else pieces.push({ key: owner?.key, text: unit });
  }
  return pieces;
}

/** The parameter that the unit at `index` belongs to; undefined for none, `'nobody'` if it may change unnoticed. */
function ownerOf(
  matcher: Matcher,
  taken: Matched,
  index: number,
  unit: string,
): { key: string } | 'nobody' | undefined {
  for (const standIn of STAND_INS) {
    if (standIn === unit.toLowerCase()) continue;
    const path = taken.path.slice(0, index) + standIn + taken.path.slice(index + unit.length);
    const found = matcher(path);
    if (found === false || found.path !== path) continue;
    const keys = new Set([...Object.keys(taken.params), ...Object.keys(found.params)]);
    const changed = [...keys].filter((key) => String(found.params[key]) !== String(taken.params[key]));
    if (changed.length === 0) return 'nobody';
    if (changed.length === 1) return { key: changed[0]! };
  }
  return undefined;
}

/**
 * With a token in place of each parameter, every parameter must come back as exactly its token: then no character
 * that stays belongs to any of them.
 */
function isProved(matcher: Matcher, pieces: readonly Piece[], keys: readonly string[]): boolean {
  const placed = pieces.flatMap(({ key }) => (key === undefined ? [] : [key]));
  if (placed.length !== keys.length) return false;
  const token = (key: string) => `~${keys.indexOf(key)}~`;
  const path = pieces.map(({ key, text }) => (key === undefined ? text : token(key))).join('');
  const found = matcher(path);
  if (found === false || found.path !== path || Object.keys(found.params).length !== keys.length) return false;
  return keys.every((key) => String(found.params[key]) === token(key));
}
