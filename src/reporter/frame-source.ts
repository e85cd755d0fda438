/** What the source text of a function tells of a place in it. Pure; what the text does not show is not claimed. */

/** Both from 1. */
export interface TextPlace {
  readonly line: number;
  readonly column: number;
}

const LOOP_HERE = /^(for|while|do)\b/;
const LOOP = /\b(for|while|do)\b/;
/** Longest functions that are looked at. */
const LINES = 500;
const CHARACTERS = 50_000;

/**
 * Whether a function had only just been entered: V8 then tells the place of its parameter list. `start`: of its name, of
 * `function`, or of the list itself. `text`: the line that both are in.
 */
export function isEntry(start: TextPlace, place: TextPlace, text: string | undefined): boolean {
  if (start.line !== place.line || text === undefined) return false;
  return place.column === start.column || /^[^({]+$/.test(text.slice(start.column - 1, place.column - 1));
}

/**
 * Whether no loop of the function can be around a place in it, so that one call never passes there twice: from its start
 * to the place stands none. `lineAt`: the text of a line, from 1.
 */
export function isStraight(start: TextPlace, place: TextPlace, lineAt: (line: number) => string | undefined): boolean {
  const last = lineAt(place.line);
  // A loop's turn stands at its keyword.
  if (last === undefined || LOOP_HERE.test(last.slice(place.column - 1))) return false;
  if (start.line < 1 || place.line - start.line > LINES) return false;
  for (let line = start.line; line <= place.line; line++) {
    const text = lineAt(line) ?? '';
    if (text.length > CHARACTERS) return false;
    const from = line === start.line ? start.column - 1 : 0;
    if (LOOP.test(line === place.line ? text.slice(from, place.column - 1) : text.slice(from))) return false;
  }
  return true;
}
