/** Charts that the reader asks for: of one route, or of one metric's series. Their history is asked for while they are seen. */
import type { History, TrackId } from '../feed.ts';
import { askJson } from './api.ts';
import type { Board } from './board.ts';
import type { Chart } from './chart.ts';
import { button, h } from './dom.ts';
import type { Panel } from './panels.ts';
import { stepFor } from './span.ts';
import { Timeline } from './timeline.ts';
import { whileVisible } from './while-visible.ts';

/** What is plotted together. */
export interface Subject {
  readonly key: string;
  readonly title: string;
  readonly note: string;
  readonly tracks: TrackId;
  readonly panels: readonly Panel[];
}

interface Plot {
  readonly element: HTMLElement;
  readonly subject: Subject;
  readonly charts: readonly Chart[];
  readonly timelines: { readonly 5: Timeline; readonly 60: Timeline };
}

/** ms; a new point comes each 5 s. */
const PAUSE = 5000;
const MOST = 6;

export class Plots {
  readonly element = h('div', { class: 'plots' });
  readonly #board: Board;
  readonly #plots = new Map<string, Plot>();
  readonly #ask: () => void;
  readonly #changed: () => void;

  /** @param may whether the agent answers. @param changed what is open changed */
  constructor(board: Board, may: () => boolean, changed: () => void) {
    this.#board = board;
    this.#changed = changed;
    this.#ask = whileVisible(this.element, PAUSE, may, (signal) => this.#load(signal));
    board.view.onChange(() => {
      if (this.#plots.size > 0) this.#ask();
    });
  }

  has(key: string): boolean {
    return this.#plots.has(key);
  }

  /** Opens it, or closes it when it is open. The one that has been open the longest makes room. */
  toggle(subject: Subject): void {
    if (this.#plots.has(subject.key)) {
      this.#close(subject.key);
      return;
    }
    if (this.#plots.size >= MOST) this.#close([...this.#plots.keys()][0]!);
    const plot = this.#create(subject);
    this.#plots.set(subject.key, plot);
    this.element.append(plot.element);
    this.#ask();
    this.#changed();
    plot.element.scrollIntoView({ block: 'nearest' });
    plot.element.querySelector('h3')!.focus({ preventScroll: true });
  }

  #create(subject: Subject): Plot {
    const timelines = { 5: new Timeline(5), 60: new Timeline(60) } as const;
    const timeline = () => timelines[this.#step()];
    const charts = subject.panels.map((panel) => this.#board.add({ panel, level: 'h4', timeline }));
    const close = button(
      { class: 'quiet', 'aria-label': `Close ${subject.title}` },
      () => this.#close(subject.key),
      'Close',
    );
    const head = h('div', { class: 'plot-head' }, h('h3', { tabindex: -1 }, h('bdi', {}, subject.title)), close);
    const note = h('p', { class: 'note' }, h('bdi', {}, subject.note));
    const grid = h('div', { class: 'charts' }, ...charts.map(({ element }) => element));
    return { element: h('section', { class: 'plotted' }, head, note, grid), subject, charts, timelines };
  }

  #close(key: string): void {
    const plot = this.#plots.get(key)!;
    for (const chart of plot.charts) this.#board.remove(chart);
    plot.element.remove();
    this.#plots.delete(key);
    this.#changed();
  }

  #step(): 5 | 60 {
    const { view } = this.#board;
    return stepFor(view.span, undefined, view.last);
  }

  async #load(signal: AbortSignal): Promise<void> {
    const plots = [...this.#plots.values()];
    if (plots.length === 0) return;
    const step = this.#step();
    const tracks = plots.map(({ subject }) => encodeURIComponent(subject.tracks)).join(',');
    const history = await askJson<History>(`history?step=${step}&tracks=${tracks}`, signal);
    for (const { subject, charts, timelines } of plots) {
      timelines[step].load(partOf(history, subject.tracks.slice(0, -1)));
      if (!this.#board.view.isPaused) for (const chart of charts) chart.draw();
    }
  }
}

function partOf({ step, times, tracks }: History, prefix: string): History {
  const entries = Object.entries(tracks).filter(([id]) => id.startsWith(prefix));
  return { step, times, tracks: Object.fromEntries(entries) };
}
