/** Range, zoom and pause of all charts. */
import { button, find, h, setAttribute, setText } from './dom.ts';
import { RANGES } from './span.ts';
import { moment } from './units.ts';
import type { View } from './view.ts';

export function createToolbar(view: View): void {
  const ranges = RANGES.map(({ length, label, words }) => ({
    length,
    element: button({ class: 'choice', title: words }, () => view.setRange(length), label),
  }));
  const pause = button({ class: 'quiet' }, () => (view.isPaused ? view.resume() : view.pause()), 'Pause');
  const live = button({ class: 'quiet' }, () => view.reset(), 'Back to live');
  const shown = h('p', { class: 'shown' });
  find('toolbar').append(
    h('div', { class: 'choices', role: 'group', 'aria-label': 'Range' }, ...ranges.map(({ element }) => element)),
    h(
      'div',
      { class: 'choices', role: 'group', 'aria-label': 'Zoom' },
      sign('−', 'Zoom out', () => view.zoom(2)),
      sign('+', 'Zoom in', () => view.zoom(0.5)),
      sign('‹', 'Earlier', () => view.move(-0.5)),
      sign('›', 'Later', () => view.move(0.5)),
    ),
    pause,
    live,
    shown,
  );
  const show = () => {
    for (const { length, element } of ranges) {
      setAttribute(element, 'aria-pressed', String(!view.isZoomed && length === view.range));
    }
    setText(pause, view.isPaused ? 'Resume' : 'Pause');
    live.hidden = !view.isZoomed && !view.isPaused;
    const { from, to } = view.span;
    const isStill = view.isZoomed || view.isPaused;
    shown.classList.toggle('hint', !isStill);
    const state = view.isPaused ? 'Paused: ' : '';
    setText(
      shown,
      isStill ? `${state}${moment(from, view.last)} to ${moment(to, view.last)}` : 'Drag in a chart to zoom',
    );
  };
  view.onChange(show);
  show();
}

function sign(text: string, label: string, press: () => void): HTMLElement {
  return button({ class: 'choice', 'aria-label': label, title: label }, press, text);
}
