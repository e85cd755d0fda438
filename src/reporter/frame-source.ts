/** What the source text around a frame's place tells of the call. Pure; what the text does not show is not claimed. */

/** Where a function stood, in the text that runs. */
export interface TextPlace {
  /** Empty where it has none. */
  readonly name: string;
  /** Both from 1. */
  readonly line: number;
  readonly column: number;
}

/** V8's place for "just entered": the parameter list, or what an arrow function has for one. */
const ENTRY = /^(\(|async\b|[\p{ID_Start}$_][\p{ID_Continue}$]*\s*=>)/u;
const LOOP_HERE = /^(for|while|do)\b/;
const LOOP = /\b(for|while|do)\b/;
/** Lines and characters that are read backwards for a function's beginning. */
const LINES = 200;
const CHARACTERS = 20_000;

/** Whether the function had only just been entered. `text`: the line it stands in. */
export function isEntry(text: string | undefined, column: number): boolean {
  return text !== undefined && ENTRY.test(text.slice(column - 1));
}

/**
 * Whether no loop of the function can be around its place, so that one call never passes there twice: from its name, read
 * backwards, there is none. `lineAt`: the text of a line, from 1.
 */
export function isStraight(place: TextPlace, lineAt: (line: number) => string | undefined): boolean {
  const last = lineAt(place.line);
  // `Graph.addNode`, `async addNode`, `get size`: what stands in the text is the last word.
  const name = /[\p{ID_Continue}$]+$/u.exec(place.name)?.[0];
  // A loop's turn stands at its keyword.
  if (last === undefined || name === undefined || LOOP_HERE.test(last.slice(place.column - 1))) return false;
  const definition = new RegExp(`(?<![\\p{ID_Continue}$.])${name.replaceAll('$', '\\$')}\\s*[(=:]`, 'u');
  let text = last.slice(0, place.column - 1);
  for (let line = place.line - 1; line >= Math.max(0, place.line - LINES); line--) {
    if (LOOP.test(text) || text.length > CHARACTERS) return false;
    if (definition.test(text)) return true;
    text = lineAt(line) ?? '';
  }
  return false;
}
