/** What goes on right now, under the verdict. */
import type { Finding } from '../../reporter/findings.ts';
import { find, h, setChildren, setText } from './dom.ts';
import { keyOf, openFinding } from './finding-list.ts';
import { stateIcon } from './icons.ts';
import { duration } from './units.ts';
import { visible } from './words.ts';

/** The rest is counted. */
const MOST = 4;
const RANK = { critical: 0, warning: 1, info: 2 } as const;

interface Line {
  readonly element: HTMLElement;
  readonly title: HTMLElement;
  readonly age: HTMLElement;
}

export class OpenFindings {
  readonly #list = find('open-findings');
  readonly #more = h('li', { class: 'more' });
  readonly #lines = new Map<string, Line>();

  show(findings: readonly Finding[], time: number): void {
    const open = findings.filter(({ until }) => until === null);
    const shown = open.toSorted((a, b) => RANK[a.severity] - RANK[b.severity]).slice(0, MOST);
    const lines = shown.map((finding) => {
      const key = `${keyOf(finding)} ${finding.severity}`;
      const line = this.#lines.get(key) ?? create(finding);
      this.#lines.set(key, line);
      setText(line.title, visible(finding.title));
      setText(line.age, duration(Math.max(0, Math.round((time - finding.since) / 100)) / 10));
      return line.element;
    });
    setText(this.#more, `and ${open.length - shown.length} more, below`);
    setChildren(this.#list, open.length > shown.length ? [...lines, this.#more] : lines);
    if (this.#lines.size > 200) this.#lines.clear();
  }
}

function create(finding: Finding): Line {
  const title = h('bdi');
  const age = h('span', { class: 'age' });
  const link = h('a', { href: `#finding-${keyOf(finding)}` }, title);
  link.addEventListener('click', (event) => {
    event.preventDefault();
    openFinding(keyOf(finding));
  });
  const icon = stateIcon(finding.severity === 'critical' ? 'critical' : 'warning');
  const element = h(
    'li',
    { class: `open-finding ${finding.severity}` },
    icon,
    h('span', { class: 'tag' }, 'now'),
    link,
    age,
  );
  return { element, title, age };
}
