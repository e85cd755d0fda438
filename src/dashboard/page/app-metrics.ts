/** Everything that the app and its libraries measure: searched, read, plotted. */
import type { SeriesList, SeriesRow } from '../feed.ts';
import { askJson } from './api.ts';
import type { Board } from './board.ts';
import { button, find, h, setAttribute, setText } from './dom.ts';
import { LiveTable } from './live-table.ts';
import type { Line } from './panels.ts';
import { Plots, type Subject } from './plots.ts';
import { matches } from './sorting.ts';
import { formatMetric, unitOf } from './units.ts';
import { whileVisible } from './while-visible.ts';
import { attributesText, count, visible } from './words.ts';

/** What the agent measures is in the charts above. */
const OWN = 'loadline';
/** ms. */
const PAUSE = 5000;

export class AppMetrics {
  readonly #filter = find('metric-filter') as HTMLInputElement;
  readonly #withOwn = find('metric-own') as HTMLInputElement;
  readonly #plots: Plots;
  readonly #table: LiveTable<SeriesRow>;
  #rows: readonly SeriesRow[] = [];

  /** @param may whether the agent answers */
  constructor(board: Board, may: () => boolean) {
    this.#plots = new Plots(board, may, () => this.#show());
    this.#table = new LiveTable<SeriesRow>({
      caption: 'Metrics of the app',
      key: ({ id }) => id,
      sort: 'name',
      page: 25,
      empty: 'Asking the agent…',
      mood: ({ id }) => (this.#plots.has(id) ? 'chosen' : ''),
      columns: [
        { id: 'name', label: 'Metric', value: ({ name }) => name, fill: (cell, row) => this.#fillName(cell, row) },
        {
          id: 'attributes',
          label: 'Attributes',
          value: ({ attributes }) => attributesText(attributes),
          fill: (cell, { attributes }) => {
            if (!cell.firstChild) cell.append(h('bdi', {}, attributesText(attributes)));
          },
        },
        { id: 'kind', label: 'Kind', value: ({ kind }) => kind },
        {
          id: 'value',
          label: 'Value',
          help: 'A counter’s total, a histogram’s mean',
          isNumber: true,
          value: ({ value }) => value,
          text: ({ unit, value }) => formatMetric(unit, value),
        },
        { id: 'scope', label: 'Scope', help: 'Who measures it', value: ({ scope }) => scope },
      ],
    });
    find('metric-list').append(this.#plots.element, this.#table.element);
    for (const input of [this.#filter, this.#withOwn]) input.addEventListener('input', () => this.#show());
    whileVisible(find('metrics'), PAUSE, may, async (signal) => {
      const { series, leftOut } = await askJson<SeriesList>('series', signal);
      this.#rows = series;
      setText(find('metrics-note'), leftOut > 0 ? `${count(leftOut, 'series', 'series')} more not listed.` : '');
      this.#show();
    });
  }

  #show(): void {
    const query = this.#filter.value.trim();
    const chosen = this.#withOwn.checked ? this.#rows : this.#rows.filter(({ scope }) => scope !== OWN);
    const rows = chosen.filter(({ name, scope, description, attributes }) =>
      matches(query, [name, scope, description, attributesText(attributes)]),
    );
    this.#table.setEmpty(
      chosen.length > 0
        ? `No metric matches “${visible(query)}”.`
        : "The app has no metrics of its own yet. Try: import { counter } from 'loadline'; counter('orders').add(1)",
    );
    this.#table.update(rows);
  }

  /** A button where it can be plotted, else the name. */
  #fillName(cell: HTMLElement, row: SeriesRow): void {
    if (!cell.firstChild) {
      const name = h('bdi', { class: 'pattern', title: visible(row.description) }, visible(row.name));
      cell.append(row.isKept ? button({ class: 'row-link' }, () => this.#plots.toggle(subjectOf(row)), name) : name);
    }
    const press = cell.querySelector('button');
    if (press) setAttribute(press, 'aria-expanded', String(this.#plots.has(row.id)));
  }
}

function subjectOf({ id, name, kind, unit, description, attributes }: SeriesRow): Subject {
  const prefix = `series/${id}`;
  const empty = 'No values in this time.';
  const isRate = kind === 'counter' || kind === 'histogram';
  const value: Line = { track: `${prefix}/value`, label: isRate ? 'per second' : 'value', ink: 'blue' };
  const over = { empty, help: visible(description) || visible(name) };
  const values = {
    ...over,
    id: `series-${id}`,
    title: isRate ? 'Rate' : 'Value',
    unit: unitOf(unit, isRate),
    lines: () => [value],
  };
  const quantiles: Line[] = [
    { track: `${prefix}/p50`, label: 'p50', ink: 'blue' },
    { track: `${prefix}/p99`, label: 'p99', ink: 'red' },
  ];
  const spread = { ...over, id: `series-${id}-values`, title: 'Values', unit: unitOf(unit), lines: () => quantiles };
  return {
    key: id,
    title: visible(name),
    note: attributesText(attributes) || visible(description),
    tracks: `${prefix}/*`,
    panels: kind === 'histogram' ? [spread, values] : [values],
  };
}
