/** What the lines of a chart are, each with its value under the cursor or the latest; a press hides and shows one. */
import { button, h, setAttribute, setChildren, setText } from './dom.ts';
import type { Line } from './panels.ts';
import { visible } from './words.ts';

interface Entry {
  readonly element: HTMLElement;
  readonly button: HTMLButtonElement;
  readonly value: HTMLElement;
}

export class Legend {
  readonly element = h('ul', { class: 'legend' });
  readonly hidden = new Set<string>();
  readonly #changed: () => void;
  readonly #entries = new Map<string, Entry>();

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  set(lines: readonly Line[]): void {
    const entries = lines.map((line) => this.#entries.get(line.track) ?? this.#create(line));
    setChildren(
      this.element,
      entries.map(({ element }) => element),
    );
  }

  value(track: string, text: string): void {
    const entry = this.#entries.get(track);
    if (entry) setText(entry.value, text);
  }

  #create(line: Line): Entry {
    const value = h('span', { class: 'value' });
    const press = button(
      { class: 'legend-item', 'aria-pressed': 'true', title: 'Hide or show this line' },
      () => this.#toggle(line.track),
      h('span', { class: `swatch ink-${line.ink}${line.dashed ? ' dashed' : ''}`, 'aria-hidden': 'true' }),
      h('bdi', { class: 'name' }, visible(line.label)),
      ' ',
      value,
    );
    const entry = { element: h('li', {}, press), button: press, value };
    this.#entries.set(line.track, entry);
    return entry;
  }

  #toggle(track: string): void {
    if (!this.hidden.delete(track)) this.hidden.add(track);
    setAttribute(this.#entries.get(track)!.button, 'aria-pressed', String(!this.hidden.has(track)));
    this.#changed();
  }
}
