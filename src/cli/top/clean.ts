/**
 * Text of others (routes, titles, paths) as a terminal may have it: without anything that moves, colours, hides or turns
 * text, and with a width that is certain. Pure.
 */

/** Controls, format signs (joiners, bidi), lone surrogates, private and unassigned signs, line and paragraph ends. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu;
/** Flags are two signs, of which terminals make one, two or four columns. */
const REGIONAL = /\p{Regional_Indicator}/gu;
/** Signs that sit on the one before. Terminals differ in how many columns that takes. */
const MARKS = /[\p{Mn}\p{Me}]/gu;
/** Two columns: what Unicode calls wide or full width (`EastAsianWidth.txt`), and signs that are shown as pictures. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{17000}-\u{18cff}\u{1b000}-\u{1b2ff}\u{1f300}-\u{1f64f}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;

/**
 * One line: what is unsafe becomes `?`, other spaces become a space. `isAscii`: for a terminal that does not speak
 * UTF-8, where bytes of other signs may be controls.
 */
export function clean(text: string, isAscii = false): string {
  const safe = text
    .normalize('NFC')
    .replace(MARKS, '')
    .replace(/[\t\p{Zs}]/gu, ' ')
    .replace(UNSAFE, '?')
    .replace(REGIONAL, '?');
  return isAscii ? safe.replace(/[^ -~]/gu, '?') : safe;
}

/** Columns that clean text takes. */
export function widthOf(text: string): number {
  let width = 0;
  for (const sign of text) width += WIDE.test(sign) ? 2 : 1;
  return width;
}

/** Clean text in exactly `width` columns: what is longer is cut and ends in `~`, what is shorter is filled up. */
export function sized(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const cut = cutTo(text, width);
  const rest = ' '.repeat(width - widthOf(cut));
  return align === 'left' ? cut + rest : rest + cut;
}

/** At most `width` columns. */
export function cutTo(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let kept = '';
  let columns = 0;
  for (const sign of text) {
    const next = columns + widthOf(sign);
    if (next > width - 1) break;
    kept += sign;
    columns = next;
  }
  return width > 0 ? `${kept}~` : '';
}
