/** One chart: title, legend, picture, the same as a table, the same in words. */
import { ChartTable } from './chart-table.ts';
import { button, h, setAttribute, setText } from './dom.ts';
import { drawnOf, extentOf, isShown } from './drawn.ts';
import { Legend } from './legend.ts';
import type { Line, Panel } from './panels.ts';
import { createPlot, type Mark, moveCursor } from './plot.ts';
import { describe } from './summary.ts';
import type { Frame, Timeline } from './timeline.ts';
import { clock, format } from './units.ts';
import type uPlot from './vendor/uPlot.esm.js';
import type { View } from './view.ts';

/** What all charts have in common. */
export interface ChartContext {
  readonly view: View;
  marks(): readonly Mark[];
}

export interface ChartOptions extends ChartContext {
  readonly panel: Panel;
  /** h3 below a section's h2. */
  readonly level?: 'h3' | 'h4';
  /** Of the step that the view asks for. */
  timeline(): Timeline;
}

const HEIGHT = 168;
const KEYS_HELP =
  'Arrow keys: values over time. Shift and arrow keys: earlier, later. Plus, minus: zoom. Escape: back to live.';

export class Chart {
  readonly element: HTMLElement;
  readonly #options: ChartOptions;
  readonly #legend = new Legend(() => this.#rebuild());
  readonly #holder: HTMLElement;
  readonly #time = h('span', { class: 'at' });
  readonly #about = h('p', { class: 'about', 'aria-hidden': 'true' });
  readonly #empty: HTMLElement;
  readonly #words: HTMLElement;
  readonly #said = h('p', { class: 'unseen', 'aria-live': 'polite' });
  readonly #table: ChartTable;
  readonly #sizes: ResizeObserver;
  #plot: uPlot | undefined;
  #lines: Line[] = [];
  #frame: Frame = { times: [], series: [] };
  #extent: [number | null, number | null] = [null, null];
  #isVisible = false;
  #isDirty = false;

  constructor(options: ChartOptions) {
    this.#options = options;
    const { panel, level = 'h3' } = options;
    const id = `chart-${panel.id}`;
    this.#words = h('p', { class: 'unseen', id: `${id}-words` });
    this.#empty = h('p', { class: 'chart-empty' }, panel.empty);
    this.#table = new ChartTable(panel);
    this.#holder = h('div', {
      class: 'plot',
      tabindex: 0,
      role: 'group',
      'aria-label': `${panel.title}, chart. ${KEYS_HELP}`,
      'aria-describedby': `${id}-words`,
    });
    const toggle = button(
      { class: 'quiet', 'aria-pressed': 'false', 'aria-label': `${panel.title} as table` },
      () => {
        const isTable = this.element.classList.toggle('as-table');
        setAttribute(toggle, 'aria-pressed', String(isTable));
        this.#table.show(isTable);
      },
      'Table',
    );
    this.element = h(
      'figure',
      { class: 'chart', id, 'aria-labelledby': `${id}-title` },
      h(
        'figcaption',
        {},
        h(
          'div',
          { class: 'chart-head' },
          h(level, { id: `${id}-title`, title: panel.help }, panel.title),
          this.#time,
          toggle,
        ),
        h('p', { class: 'unseen' }, panel.help),
      ),
      this.#legend.element,
      h('div', { class: 'stage' }, this.#holder, this.#about, this.#empty),
      this.#table.element,
      this.#words,
      this.#said,
    );
    this.#holder.addEventListener('keydown', (event) => this.#key(event));
    this.#sizes = new ResizeObserver(() => this.#resize());
    this.#sizes.observe(this.#holder);
  }

  /** Only what can be seen is drawn; the rest when it comes into sight. */
  setVisible(isVisible: boolean): void {
    this.#isVisible = isVisible;
    if (isVisible && this.#isDirty) this.draw();
  }

  destroy(): void {
    this.#sizes.disconnect();
    this.#plot?.destroy();
    this.element.remove();
  }

  /** The theme changed. */
  redraw(): void {
    this.#plot?.redraw(true, true);
  }

  draw(): void {
    this.#isDirty = !this.#isVisible;
    if (!this.#isVisible) return;
    const { panel, view } = this.#options;
    const timeline = this.#options.timeline();
    this.#isDirty = timeline.last === undefined;
    if (this.#isDirty) return;
    const { from, to } = view.span;
    const wanted = panel.lines(timeline.ids);
    // Sums of peaks are the peak of nothing: stacks show means.
    const frame = timeline.frame(
      wanted.map(({ track }) => track),
      from,
      to,
      !panel.stacked,
    );
    const shown = wanted.map((line, at) => ({ line, values: frame.series[at]! })).filter(isShown);
    const lines = shown.map(({ line }) => line);
    const isSame =
      lines.length === this.#lines.length && lines.every((line, at) => line.track === this.#lines[at]!.track);
    this.#lines = lines;
    this.#frame = { times: frame.times, series: shown.map(({ values }) => values) };
    if (!isSame) {
      this.#legend.set(lines);
      this.#plot?.destroy();
      this.#plot = undefined;
    }
    this.#paint();
    this.#tell();
  }

  #rebuild(): void {
    this.#plot?.destroy();
    this.#plot = undefined;
    this.#paint();
  }

  #paint(): void {
    const { times, series } = this.#frame;
    const hasValues = series.some((values) => values.some((value) => value !== null));
    this.element.classList.toggle('is-empty', !hasValues);
    if (!hasValues) return;
    const drawn = drawnOf(series, this.#lines, this.#legend.hidden, this.#options.panel.stacked ?? false);
    this.#extent = extentOf(drawn, this.#lines);
    this.#plot ??= this.#create();
    this.#plot?.setData([times, ...drawn], true);
  }

  #create(): uPlot | undefined {
    const width = this.#holder.clientWidth;
    if (width === 0) return undefined;
    const { panel, view, marks } = this.#options;
    return createPlot({
      holder: this.#holder,
      unit: panel.unit,
      stacked: panel.stacked ?? false,
      whole: panel.whole ?? false,
      lines: this.#lines,
      width,
      height: HEIGHT,
      span: () => view.span,
      extent: () => this.#extent,
      marks,
      onCursor: (index) => this.#point(index),
      onSelect: (span) => view.show(span),
      onPress: (time) => this.#markAt(time)?.open(),
    });
  }

  #resize(): void {
    const width = this.#holder.clientWidth;
    if (width === 0) return;
    if (this.#plot) this.#plot.setSize({ width, height: HEIGHT });
    else this.#paint();
  }

  /** Values in the legend: those under the cursor, or the latest. */
  #point(index: number | null): void {
    const { unit } = this.#options.panel;
    const { times, series } = this.#frame;
    const at = index ?? times.length - 1;
    const time = index === null ? undefined : times[at];
    setText(this.#time, time === undefined ? '' : clock(time));
    setText(
      this.#about,
      time === undefined ? '' : (this.#markAt(this.#plot!.posToVal(this.#plot!.cursor.left!, 'x'))?.title ?? ''),
    );
    this.#lines.forEach(({ track }, i) => {
      this.#legend.value(track, format(unit, series[i]![at]));
    });
  }

  /** What was found at that time, give or take a few pixels; the latest of several. */
  #markAt(time: number): Mark | undefined {
    const { from, to } = this.#options.view.span;
    const reach = ((to - from) / this.#holder.clientWidth) * 4;
    return this.#options.marks().find((mark) => mark.from - reach <= time && time <= mark.to + reach);
  }

  #tell(): void {
    const { unit } = this.#options.panel;
    const index = this.#plot && this.#plot.cursor.left! >= 0 ? (this.#plot.cursor.idx ?? null) : null;
    this.#point(index);
    const described = this.#lines.map(({ label }, at) => ({ label, values: this.#frame.series[at]! }));
    setText(this.#words, describe(unit, this.#frame.times, described));
    this.#table.update(this.#lines, this.#frame);
  }

  #key(event: KeyboardEvent): void {
    const { view } = this.#options;
    const side = event.key === 'ArrowLeft' ? -1 : event.key === 'ArrowRight' ? 1 : 0;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (side !== 0 && event.shiftKey) view.move(side / 2);
    else if (side !== 0) this.#step(side);
    else if (event.key === '+' || event.key === '=') view.zoom(0.5, this.#cursorTime());
    else if (event.key === '-') view.zoom(2, this.#cursorTime());
    else if (event.key === 'Escape') view.reset();
    else return;
    event.preventDefault();
  }

  #cursorTime(): number | undefined {
    const { left, idx } = this.#plot?.cursor ?? {};
    return left === undefined || left < 0 || idx == null ? undefined : this.#frame.times[idx];
  }

  /** Moves the cursor of all charts by a point and says what is there. */
  #step(side: number): void {
    const plot = this.#plot;
    if (!plot) return;
    const { times, series } = this.#frame;
    const known = plot.cursor.left! < 0 ? null : (plot.cursor.idx ?? null);
    const index = Math.max(0, Math.min(times.length - 1, known === null ? times.length - 1 : known + side));
    moveCursor(plot, times[index]!);
    const { unit } = this.#options.panel;
    const values = this.#lines.map(({ label }, at) => `${label} ${format(unit, series[at]![index])}`);
    setText(this.#said, `${clock(times[index]!)}: ${values.join(', ')}`);
  }
}
