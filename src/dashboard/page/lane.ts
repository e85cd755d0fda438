/** Findings on a time axis above the charts: what was when, one link each. */
import type { Finding } from '../../reporter/findings.ts';
import { find, h, setAttribute, setChildren, setText } from './dom.ts';
import { keyOf, openFinding } from './finding-list.ts';
import { stateIcon } from './icons.ts';
import type { Span } from './span.ts';
import { moment } from './units.ts';
import { visible } from './words.ts';

/** At most so many links; the list below has all. */
const MOST = 60;

interface Entry {
  readonly element: HTMLAnchorElement;
  readonly tip: HTMLElement;
}

export class Lane {
  readonly #element = find('lane');
  readonly #entries = new Map<string, Entry>();

  /** @param time epoch ms, what lasts lasts until then */
  draw(findings: readonly Finding[], { from, to }: Span, time: number): void {
    const shown = findings.filter(({ since, until }) => since <= to && (until ?? time) >= from).slice(0, MOST);
    const place = (at: number) => Math.min(1, Math.max(0, (at - from) / (to - from))) * 100;
    const elements = shown.map((finding) => {
      const { element, tip } = this.#entry(finding);
      const left = place(finding.since);
      const text = `${moment(finding.since, time)} ${visible(finding.title)}`;
      setText(tip, text);
      setAttribute(element, 'aria-label', text);
      element.style.setProperty('left', `${left}%`);
      element.style.setProperty('width', `${place(finding.until ?? time) - left}%`);
      element.classList.toggle('late', left > 50);
      return element;
    });
    setChildren(this.#element, elements);
    this.#element.parentElement!.classList.toggle('is-empty', shown.length === 0);
  }

  #entry(finding: Finding): Entry {
    const { severity } = finding;
    const key = `${keyOf(finding)} ${severity}`;
    let entry = this.#entries.get(key);
    if (!entry) {
      const tip = h('span', { class: 'tip', 'aria-hidden': 'true' });
      const icon = stateIcon(severity === 'critical' ? 'critical' : 'warning');
      const element = h('a', { class: `mark ${severity}`, href: `#finding-${keyOf(finding)}` }, icon, tip);
      element.addEventListener('click', (event) => {
        event.preventDefault();
        openFinding(keyOf(finding));
      });
      entry = { element, tip };
      if (this.#entries.size > 4 * MOST) this.#entries.clear();
      this.#entries.set(key, entry);
    }
    return entry;
  }
}
