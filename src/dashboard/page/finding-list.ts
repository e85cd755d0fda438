/** Findings, the latest first: one line each that opens to its evidence. */
import type { Finding } from '../../reporter/findings.ts';
import { find, h, setChildren, setText } from './dom.ts';
import { FindingBody } from './finding-body.ts';
import { stateIcon } from './icons.ts';
import { duration, moment } from './units.ts';
import { visible } from './words.ts';

/** Lines that are shown. */
const MOST = 200;

/** Ids are those of a process, and there may be several. */
export function keyOf({ worker, id }: Finding): string {
  return `${worker}-${id}`;
}

/** Shows it, wherever the reader comes from. */
export function openFinding(key: string): void {
  const element = document.getElementById(`finding-${key}`);
  if (!(element instanceof HTMLDetailsElement)) return;
  element.open = true;
  element.scrollIntoView({ block: 'center' });
  element.querySelector('summary')!.focus({ preventScroll: true });
}

export class FindingList {
  readonly #list = find('finding-list');
  readonly #lines = new Map<string, FindingLine>();

  show(findings: readonly Finding[], time: number): void {
    const shown = findings.slice(0, MOST);
    const lines = shown.map((finding) => {
      const key = keyOf(finding);
      const line = this.#lines.get(key) ?? new FindingLine(key, finding.worker);
      this.#lines.set(key, line);
      line.show(finding, time);
      return line.element;
    });
    setChildren(this.#list, lines);
    const keys = new Set(shown.map(keyOf));
    for (const key of this.#lines.keys()) if (!keys.has(key)) this.#lines.delete(key);
    find('findings').classList.toggle('is-empty', lines.length === 0);
  }
}

class FindingLine {
  readonly element: HTMLDetailsElement;
  readonly #icon = h('span', { class: 'finding-icon' });
  readonly #title = h('bdi', { class: 'finding-title' });
  readonly #when = h('span', { class: 'finding-when' });
  readonly #body = new FindingBody();
  #finding: Finding | undefined;
  #time = 0;

  constructor(key: string, worker: string) {
    const where = h('span', { class: 'tag' }, visible(worker));
    const summary = h('summary', {}, this.#icon, this.#title, where, this.#when);
    this.element = h('details', { class: 'finding', id: `finding-${key}` }, summary, this.#body.element);
    this.element.addEventListener('toggle', () => this.#open());
  }

  show(finding: Finding, time: number): void {
    const isNew = finding !== this.#finding;
    if (finding.severity !== this.#finding?.severity) {
      this.#icon.replaceChildren(
        stateIcon(
          finding.severity === 'critical' ? 'critical' : finding.severity === 'warning' ? 'warning' : 'unknown',
        ),
        h('span', { class: 'unseen' }, finding.severity),
      );
    }
    this.#finding = finding;
    this.#time = time;
    setText(this.#title, visible(finding.title));
    setText(this.#when, whenText(finding, time));
    this.element.classList.toggle('lasts', finding.until === null);
    this.element.dataset.severity = finding.severity;
    if (isNew || finding.until === null) this.#open();
  }

  #open(): void {
    if (this.element.open && this.#finding) this.#body.show(this.#finding, this.#time);
  }
}

/** `10:42:11, goes on for 4.2 s`; `10:42:11, for 12.4 s`. */
export function whenText({ since, until }: Finding, time: number): string {
  const length = duration(Math.max(0, Math.round(((until ?? time) - since) / 100) * 100) / 1000);
  return `${moment(since, time)}, ${until === null ? 'goes on for' : 'for'} ${length}`;
}
