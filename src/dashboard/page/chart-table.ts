/** A chart's numbers as a table, newest first. */
import { h } from './dom.ts';
import { type Column, LiveTable } from './live-table.ts';
import type { Line, Panel } from './panels.ts';
import type { Frame } from './timeline.ts';
import { clock, format } from './units.ts';

interface Row {
  readonly time: number;
  readonly values: readonly (number | null | undefined)[];
}

export class ChartTable {
  readonly element: HTMLElement;
  readonly #panel: Panel;
  #table: LiveTable<Row> | undefined;
  #lines: readonly Line[] = [];
  #frame: Frame = { times: [], series: [] };
  #isShown = false;

  constructor(panel: Panel) {
    this.#panel = panel;
    this.element = h('div', {
      class: 'chart-table',
      tabindex: 0,
      role: 'region',
      'aria-label': `${panel.title}, table`,
    });
  }

  show(isShown: boolean): void {
    this.#isShown = isShown;
    this.update(this.#lines, this.#frame);
  }

  update(lines: readonly Line[], frame: Frame): void {
    const isSame =
      lines.length === this.#lines.length && lines.every((line, at) => line.track === this.#lines[at]!.track);
    this.#lines = lines;
    this.#frame = frame;
    if (!this.#isShown) return;
    if (!isSame || !this.#table) this.#create();
    const rows = frame.times.map((time, at) => ({ time, values: frame.series.map((values) => values[at]) }));
    this.#table!.update(rows.toReversed());
  }

  #create(): void {
    const { title, unit } = this.#panel;
    const columns: Column<Row>[] = [
      { id: 'time', label: 'Time', value: ({ time }) => time, text: ({ time }) => clock(time), descends: true },
      ...this.#lines.map(
        ({ track, label }, at): Column<Row> => ({
          id: track,
          label,
          isNumber: true,
          value: ({ values }) => values[at] ?? null,
          text: ({ values }) => format(unit, values[at]),
        }),
      ),
    ];
    this.#table = new LiveTable({
      caption: `${title} over time`,
      columns,
      key: ({ time }) => String(time),
      sort: 'time',
      page: 2000,
      empty: 'No values.',
    });
    this.element.replaceChildren(this.#table.element);
  }
}
