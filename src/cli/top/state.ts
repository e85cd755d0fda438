/** What the keys have chosen. Pure. */
import type { Sorting } from './table.ts';

export const VIEWS = ['all', 'workers', 'routes', 'findings', 'requests'] as const;
export type View = (typeof VIEWS)[number];
export type TableName = Exclude<View, 'all'>;

export interface State {
  readonly view: View;
  readonly sorting: Readonly<Record<TableName, Sorting | undefined>>;
  /** Rows that are scrolled away, of the table that has the keys. */
  readonly offset: number;
  readonly isPaused: boolean;
  readonly isHelp: boolean;
}

export const START: State = {
  view: 'all',
  sorting: {
    workers: { key: 'n', isReversed: false },
    routes: { key: 'r', isReversed: false },
    findings: undefined,
    requests: undefined,
  },
  offset: 0,
  isPaused: false,
  isHelp: false,
};

/** What a key needs to know of the screen. */
export interface Extent {
  /** Sort keys of the table that has the keys. */
  readonly sortKeys: readonly string[];
  readonly rows: number;
  /** Rows of it that are in view. */
  readonly height: number;
}

/** The table that has the keys: together with others it is that of the routes. */
export function activeTable({ view }: State): TableName {
  return view === 'all' ? 'routes' : view;
}

/** `key` as `keys.ts` names it; one that means nothing changes nothing. */
export function press(state: State, key: string, extent: Extent): State {
  if (state.isHelp) return { ...state, isHelp: false };
  if (key === '?') return { ...state, isHelp: true };
  if (key === ' ') return { ...state, isPaused: !state.isPaused };
  const view = viewOf(state.view, key);
  if (view !== undefined) return { ...state, view, offset: 0 };
  const offset = scrolled(state.offset, key, extent);
  if (offset !== undefined) return { ...state, offset };
  return extent.sortKeys.includes(key) ? { ...sort(state, key), offset: 0 } : state;
}

function viewOf(view: View, key: string): View | undefined {
  const step = key === 'tab' ? 1 : key === 'backtab' ? -1 : 0;
  if (step !== 0) return VIEWS[(VIEWS.indexOf(view) + step + VIEWS.length) % VIEWS.length];
  return /^[0-4]$/.test(key) ? VIEWS[Number(key)] : undefined;
}

function scrolled(offset: number, key: string, { rows, height }: Extent): number | undefined {
  const steps: Readonly<Record<string, number>> = {
    up: -1,
    down: 1,
    pageup: -height,
    pagedown: height,
    home: Number.NEGATIVE_INFINITY,
    end: Number.POSITIVE_INFINITY,
  };
  const step = Object.hasOwn(steps, key) ? steps[key] : undefined;
  return step === undefined ? undefined : bounded(offset + step, rows, height);
}

/** So that the last rows fill the view. */
export function bounded(offset: number, rows: number, height: number): number {
  return Math.max(0, Math.min(offset, rows - height));
}

function sort(state: State, key: string): State {
  const table = activeTable(state);
  const now = state.sorting[table];
  const isReversed = now?.key === key ? !now.isReversed : false;
  return { ...state, sorting: { ...state.sorting, [table]: { key, isReversed } } };
}
