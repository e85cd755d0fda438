/** All charts: drawn together, from one stretch of time. */
import { Chart, type ChartOptions } from './chart.ts';
import type { Mark } from './plot.ts';
import { onTheme } from './theme.ts';
import type { View } from './view.ts';
import { onSight } from './while-visible.ts';

export class Board {
  readonly view: View;
  readonly #charts = new Set<Chart>();
  readonly #marks: () => readonly Mark[];

  /** @param marks as they are when the charts are drawn */
  constructor(view: View, marks: () => readonly Mark[]) {
    this.view = view;
    this.#marks = marks;
    view.onChange(() => this.draw());
    onTheme(() => {
      for (const chart of this.#charts) chart.redraw();
    });
  }

  /** The caller puts its element somewhere. */
  add(options: Pick<ChartOptions, 'panel' | 'level' | 'timeline'>): Chart {
    const chart = new Chart({ ...options, view: this.view, marks: this.#marks });
    this.#charts.add(chart);
    onSight(chart.element, (isVisible) => chart.setVisible(isVisible));
    return chart;
  }

  remove(chart: Chart): void {
    this.#charts.delete(chart);
    chart.destroy();
  }

  draw(): void {
    for (const chart of this.#charts) chart.draw();
  }
}
