/** Lines of a screen: parts with a look. Pure. */
import { cutTo, widthOf } from './clean.ts';

export type Look = 'plain' | 'strong' | 'dim' | 'good' | 'warning' | 'critical' | 'header' | 'sorted' | 'chosen';

/** Clean text. */
export interface Part {
  readonly text: string;
  readonly look: Look;
}

export type Line = readonly Part[];

export function part(text: string, look: Look = 'plain'): Part {
  return { text, look };
}

/** In `width` columns at most: what is longer is cut. */
export function cutLine(line: Line, width: number): Line {
  const kept: Part[] = [];
  let left = width;
  for (const { text, look } of line) {
    if (left <= 0) break;
    const cut = cutTo(text, left);
    kept.push({ text: cut, look });
    left -= widthOf(cut);
  }
  return kept;
}

/** Left and right end of a line; the right one goes where there is no room. */
export function ends(left: Line, right: Line, width: number): Line {
  const room = width - lineWidth(left) - lineWidth(right);
  return room < 1 ? cutLine(left, width) : [...left, part(' '.repeat(room)), ...right];
}

/** Clean text in lines of at most `columns`, cut at spaces where there are any. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && widthOf(line) + 1 + widthOf(word) > columns) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].map((one) => cutTo(one, columns));
}

export function lineWidth(line: Line): number {
  return line.reduce((sum, { text }) => sum + widthOf(text), 0);
}

export function textOf(line: Line): string {
  return line.map(({ text }) => text).join('');
}

/** SGR codes (ECMA-48). Colours go where they are unwanted (`NO_COLOR`), weight and inversion stay. */
const CODES: Readonly<Record<Look, readonly [plain: string, coloured: string]>> = {
  plain: ['', ''],
  strong: ['1', '1'],
  dim: ['', '2'],
  good: ['', '32'],
  warning: ['1', '1;33'],
  critical: ['1', '1;31'],
  header: ['7', '7'],
  sorted: ['1;4;7', '1;4;7'],
  chosen: ['1;4', '1;4'],
};

/** For a terminal. */
export function paint(line: Line, hasColours: boolean): string {
  return line
    .map(({ text, look }) => {
      const code = CODES[look][hasColours ? 1 : 0];
      return code === '' ? text : `\x1b[${code}m${text}\x1b[0m`;
    })
    .join('');
}
