/** All charts: drawn together, from one stretch of time. */
import { Chart, type ChartOptions } from './chart.ts';
import type { Mark } from './plot.ts';
import { onTheme } from './theme.ts';
import type { View } from './view.ts';
import { onSight } from './while-visible.ts';

export class Board {
  readonly view: View;
  readonly #charts = new Set<Chart>();
  #marks: readonly Mark[] = [];

  constructor(view: View) {
    this.view = view;
    view.onChange(() => this.draw());
    onTheme(() => {
      for (const chart of this.#charts) chart.redraw();
    });
  }

  /** The caller puts its element somewhere. */
  add(options: Pick<ChartOptions, 'panel' | 'level' | 'timeline'>): Chart {
    const chart = new Chart({ ...options, view: this.view, marks: () => this.#marks });
    this.#charts.add(chart);
    onSight(chart.element, (isVisible) => chart.setVisible(isVisible));
    return chart;
  }

  remove(chart: Chart): void {
    this.#charts.delete(chart);
    chart.destroy();
  }

  setMarks(marks: readonly Mark[]): void {
    this.#marks = marks;
    if (!this.view.isPaused) this.draw();
  }

  draw(): void {
    for (const chart of this.#charts) chart.draw();
  }
}
