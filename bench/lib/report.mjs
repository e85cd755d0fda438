/** RESULTS.md, and what a terminal shows. Pure: texts of what was found. */
import { table } from './table.mjs';

/** @param {import('./context.mjs').Section} section */
export function sectionText({ title, text = [], rows, chart }) {
  const parts = [`### ${title}`, ...text, table(rows)];
  if (chart) parts.push(`\`\`\`\n${chart}\n\`\`\``);
  return parts.join('\n\n');
}

/** @param {{ title: string, text?: string[] }} bench @param {import('./context.mjs').Section[]} sections */
export function benchText({ title, text = [] }, sections) {
  return [`## ${title}`, ...text, ...sections.map(sectionText)].join('\n\n');
}

/** @param {import('./context.mjs').Verdict[]} verdicts */
export function verdictText(verdicts) {
  const rows = verdicts.map(({ target, found, reached }) => [target, found, reached ? 'yes' : 'NO']);
  const unreached = verdicts.filter(({ reached }) => !reached).length;
  const words =
    unreached === 0 ? 'All targets are reached.' : `${unreached} of ${verdicts.length} targets are not reached.`;
  return [`## Targets`, words, table([['target', 'found', 'reached'], ...rows])].join('\n\n');
}
