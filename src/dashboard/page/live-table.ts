/** A table whose rows are brought up to date in place; headers sort it. */
import { button, h, setAttribute, setChildren, setText } from './dom.ts';
import { held, type SortValue, sorted } from './sorting.ts';
import { visible } from './words.ts';

export interface Column<Row> {
  readonly id: string;
  readonly label: string;
  /** What it tells, where the label does not. */
  readonly help?: string;
  readonly isNumber?: boolean;
  /** The first press sorts from large to small. */
  readonly descends?: boolean;
  /** What it sorts by. */
  value(row: Row): SortValue;
  /** Default: the value itself. */
  text?(row: Row): string;
  /** Instead of text: fills the cell, which it may have filled before. */
  fill?(cell: HTMLElement, row: Row): void;
}

export interface TableOptions<Row> {
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  key(row: Row): string;
  /** Id of the column that it is sorted by at first. */
  readonly sort: string;
  /** Rows that are shown at first. */
  readonly page: number;
  readonly empty: string;
  /** A class of the row. */
  mood?(row: Row): string;
}

interface Line {
  readonly element: HTMLTableRowElement;
  readonly cells: HTMLElement[];
}

export class LiveTable<Row> {
  readonly element: HTMLElement;
  readonly #options: TableOptions<Row>;
  readonly #body = h('tbody');
  readonly #empty: HTMLElement;
  readonly #more: HTMLButtonElement;
  readonly #headers = new Map<string, HTMLElement>();
  readonly #lines = new Map<string, Line>();
  #rows: readonly Row[] = [];
  #order: string[] = [];
  #sort: Column<Row>;
  #descending: boolean;
  #page: number;

  constructor(options: TableOptions<Row>) {
    this.#options = options;
    this.#sort = options.columns.find(({ id }) => id === options.sort)!;
    this.#descending = startsDescending(this.#sort);
    this.#page = options.page;
    this.#empty = h('p', { class: 'empty' }, options.empty);
    this.#more = button({ class: 'more' }, () => {
      this.#page = Number.POSITIVE_INFINITY;
      this.#paint(false);
    });
    const head = h('tr', {}, ...options.columns.map((column) => this.#header(column)));
    const table = h('table', {}, h('caption', { class: 'unseen' }, options.caption), h('thead', {}, head), this.#body);
    const scroll = h('div', { class: 'scroll', role: 'region', tabindex: 0, 'aria-label': options.caption }, table);
    this.#more.hidden = true;
    this.element = h('div', { class: 'table is-empty' }, scroll, this.#empty, this.#more);
    this.#showSort();
  }

  /** While someone points at a row, rows stay where they are. */
  update(rows: readonly Row[]): void {
    this.#rows = rows;
    this.#paint(this.#body.matches(':hover') || this.#body.contains(document.activeElement));
  }

  /** What stands there when it has no rows. */
  setEmpty(text: string): void {
    setText(this.#empty, text);
  }

  #header(column: Column<Row>): HTMLElement {
    const press = button({ class: 'sort', title: column.help }, () => this.#sortBy(column), column.label);
    const header = h('th', { scope: 'col', class: column.isNumber ? 'number' : undefined }, press);
    this.#headers.set(column.id, header);
    return header;
  }

  #sortBy(column: Column<Row>): void {
    this.#descending = column === this.#sort ? !this.#descending : startsDescending(column);
    this.#sort = column;
    this.#showSort();
    this.#paint(false);
  }

  #showSort(): void {
    for (const [id, header] of this.#headers) {
      setAttribute(
        header,
        'aria-sort',
        id !== this.#sort.id ? undefined : this.#descending ? 'descending' : 'ascending',
      );
    }
  }

  #paint(isHeld: boolean): void {
    const { key } = this.#options;
    const all = isHeld
      ? held(this.#rows, this.#order, key)
      : sorted(this.#rows, (row) => this.#sort.value(row), this.#descending);
    const rows = all.slice(0, this.#page);
    this.#order = rows.map(key);
    const lines = rows.map((row, at) => this.#line(this.#order[at]!, row));
    setChildren(
      this.#body,
      lines.map(({ element }) => element),
    );
    if (this.#lines.size > 2 * rows.length + 50) this.#forget();
    this.element.classList.toggle('is-empty', rows.length === 0);
    this.#more.hidden = rows.length === all.length;
    setText(this.#more, `Show all ${all.length}`);
  }

  #line(key: string, row: Row): Line {
    let line = this.#lines.get(key);
    if (!line) {
      line = this.#create();
      this.#lines.set(key, line);
    }
    const mood = this.#options.mood?.(row) ?? '';
    if (line.element.className !== mood) line.element.className = mood;
    this.#options.columns.forEach((column, at) => {
      const cell = line.cells[at]!;
      if (column.fill) column.fill(cell, row);
      else setText(cell, column.text ? column.text(row) : visible(String(column.value(row) ?? '')));
    });
    return line;
  }

  #create(): Line {
    const cells = this.#options.columns.map(({ isNumber }, at) =>
      at === 0 ? h('th', { scope: 'row' }) : h('td', { class: isNumber ? 'number' : undefined }),
    );
    return { element: h('tr', {}, ...cells), cells };
  }

  #forget(): void {
    const shown = new Set(this.#order);
    for (const key of this.#lines.keys()) if (!shown.has(key)) this.#lines.delete(key);
  }
}

function startsDescending<Row>({ isNumber, descends }: Column<Row>): boolean {
  return descends ?? isNumber ?? false;
}
