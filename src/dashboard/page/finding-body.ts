/** What is known about one finding: facts, the stack, who waited. */
import type { Finding } from '../../reporter/findings.ts';
import { h } from './dom.ts';
import { type Evidence, type FlightRow, type Place, readEvidence } from './evidence.ts';

export class FindingBody {
  readonly element = h('div', { class: 'finding-body' });
  #shown = '';

  show(finding: Finding, time: number): void {
    const evidence = readEvidence(finding, time);
    const text = JSON.stringify(evidence);
    if (text === this.#shown) return;
    this.#shown = text;
    this.element.replaceChildren(factList(evidence), ...stackParts(evidence), ...requestParts(evidence));
  }
}

function factList({ facts }: Evidence): HTMLElement {
  const pairs = facts.map(({ label, text }) => h('div', {}, h('dt', {}, label), h('dd', {}, h('bdi', {}, text))));
  return h('dl', { class: 'facts' }, ...pairs);
}

function stackParts({ stack, tops }: Evidence): HTMLElement[] {
  const parts: HTMLElement[] = [];
  if (stack.length > 0) {
    const frames = stack.map((frame, at) => h('li', { class: at === 0 ? 'culprit' : undefined }, ...placeParts(frame)));
    parts.push(
      h('h4', {}, 'Stack: the function that stayed, then what called it'),
      h('ol', { class: 'stack' }, ...frames),
    );
  }
  if (tops.length > 0) {
    const items = tops.map((top) =>
      h('li', {}, h('span', { class: 'times' }, `${top.count}×`), ' ', ...placeParts(top)),
    );
    parts.push(h('h4', {}, 'Seen on top of the stack'), h('ol', { class: 'stack' }, ...items));
  }
  return parts;
}

function placeParts({ name, at }: Place): HTMLElement[] {
  return [h('bdi', { class: 'function' }, name), h('bdi', { class: 'place' }, at)];
}

function requestParts({ requests }: Evidence): HTMLElement[] {
  if (!requests) return [];
  const { total, rows } = requests;
  const title = h('h4', {}, `In flight when it began: ${total}`);
  if (rows.length === 0) return [title];
  const more = total > rows.length ? [h('p', { class: 'note' }, `The ${rows.length} oldest are listed.`)] : [];
  return [title, flightTable(rows), ...more];
}

const HEADERS = ['Method', 'Path', 'Route', 'Phase', 'Age'];

function flightTable(rows: readonly FlightRow[]): HTMLElement {
  const head = h('tr', {}, ...HEADERS.map((label) => h('th', { scope: 'col' }, label)));
  const lines = rows.map(({ method, path, route, phase, age }) =>
    h('tr', {}, ...[method, path, route, phase, age].map((text) => h('td', {}, h('bdi', {}, text)))),
  );
  const caption = h('caption', { class: 'unseen' }, 'Requests in flight when it began');
  const table = h('table', {}, caption, h('thead', {}, head), h('tbody', {}, ...lines));
  return h(
    'div',
    { class: 'scroll', role: 'region', tabindex: 0, 'aria-label': 'Requests in flight when it began' },
    table,
  );
}
