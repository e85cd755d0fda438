/** Small pictures. All are decoration: words say the same beside them. */
import type { State } from '../feed.ts';
import { svg } from './dom.ts';

const PATHS = {
  good: 'M3.5 8.5l3 3 6-7',
  warning: 'M8 3.2v5.6M8 11.6v.9',
  critical: 'M4.5 4.5l7 7M11.5 4.5l-7 7',
  unknown: 'M5.6 6.2a2.4 2.4 0 1 1 3.5 2.1c-.8.4-1.1.8-1.1 1.6M8 12v.8',
} as const satisfies Record<State, string>;

/** The shape differs as well, not only the colour. */
export function stateIcon(state: State): SVGElement {
  return svg(
    'svg',
    { class: `icon icon-${state}`, viewBox: '0 0 16 16', 'aria-hidden': 'true', focusable: 'false' },
    state === 'critical'
      ? svg('rect', { x: 0.5, y: 0.5, width: 15, height: 15, rx: 3.5 })
      : state === 'warning'
        ? svg('path', { class: 'plate', d: 'M8 .8 15.6 14.6H.4Z' })
        : svg('circle', { cx: 8, cy: 8, r: 7.6 }),
    svg('path', { class: 'sign', d: state === 'warning' ? 'M8 5.4v4.4M8 12v.6' : PATHS[state] }),
  );
}
