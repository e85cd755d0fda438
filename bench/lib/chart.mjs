/** Characters of the longest bar. */
const WIDTH = 40;

/**
 * Bars for reading as plain text, one for each point, all on one scale from 0.
 *
 * @param {readonly string[]} labels
 * @param {readonly number[]} values as many, none below 0
 * @param {string} unit
 */
export function chart(labels, values, unit) {
  const most = Math.max(...values, Number.MIN_VALUE);
  const width = Math.max(...labels.map((label) => label.length));
  return labels
    .map((label, i) => {
      const bar = '█'.repeat(Math.round((values[i] / most) * WIDTH));
      return `${label.padStart(width)} │${bar} ${shown(values[i])} ${unit}`;
    })
    .join('\n');
}

function shown(value) {
  return value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);
}
