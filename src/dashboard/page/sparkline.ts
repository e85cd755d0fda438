/** A line without axes: the last hour at a glance. */
import { setAttribute, svg } from './dom.ts';
import { sparkPaths } from './spark-paths.ts';
import type { Values } from './timeline.ts';

const WIDTH = 120;
const HEIGHT = 28;

export class Sparkline {
  readonly element: SVGElement;
  readonly #line = svg('path', { class: 'spark-line' });
  readonly #area = svg('path', { class: 'spark-area' });

  constructor() {
    const frame = { class: 'spark', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none' };
    this.element = svg('svg', { ...frame, 'aria-hidden': 'true', focusable: 'false' }, this.#area, this.#line);
  }

  /** @param values evenly spaced. @param top what the upper edge stands for at least */
  draw(values: Values, top: number): void {
    const { line, area } = sparkPaths(values, top, WIDTH, HEIGHT);
    setAttribute(this.#line, 'd', line);
    setAttribute(this.#area, 'd', area);
  }
}
