/** The colours of `style.css`, for what is drawn on a canvas. */
import type { Ink } from './panels.ts';

const INKS: readonly Ink[] = ['blue', 'sky', 'green', 'ochre', 'red', 'purple', 'pink', 'grey'];

export interface Theme {
  /** `#rrggbb`. */
  readonly inks: Readonly<Record<Ink, string>>;
  readonly text: string;
  readonly grid: string;
  readonly warning: string;
  readonly critical: string;
  readonly font: string;
}

const media = matchMedia('(prefers-color-scheme: dark)');
let theme: Theme | undefined;

export function currentTheme(): Theme {
  theme ??= read();
  return theme;
}

/** Told when the system's setting changes. */
export function onTheme(changed: () => void): void {
  media.addEventListener('change', () => {
    theme = undefined;
    changed();
  });
}

function read(): Theme {
  const style = getComputedStyle(document.documentElement);
  const of = (name: string) => style.getPropertyValue(`--${name}`).trim();
  const inks = Object.fromEntries(INKS.map((ink) => [ink, of(`ink-${ink}`)])) as Record<Ink, string>;
  return {
    inks,
    text: of('text-soft'),
    grid: of('grid'),
    warning: of('warning-mark'),
    critical: of('critical-mark'),
    font: `11px ${getComputedStyle(document.body).fontFamily}`,
  };
}
