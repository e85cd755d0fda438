/**
 * A Markdown table whose columns are aligned for reading as plain text.
 *
 * @param {readonly (readonly unknown[])[]} rows the first is the heading
 */
export function table([heading, ...rows]) {
  const texts = [heading, ...rows].map((row) => row.map(String));
  const widths = heading.map((_, column) => Math.max(4, ...texts.map((row) => [...(row[column] ?? '')].length)));
  const line = (row) => `| ${widths.map((width, i) => pad(row[i] ?? '', width, i)).join(' | ')} |`;
  const rule = `| ${widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  return [line(texts[0]), rule, ...texts.slice(1).map(line)].join('\n');
}

function pad(text, width, column) {
  const blanks = ' '.repeat(width - [...text].length);
  return column === 0 ? text + blanks : blanks + text;
}
