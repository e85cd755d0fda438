/** Tables: columns that come and go with the width, sorted rows, a part of them that is in view. Pure. */
import { clean, sized } from './clean.ts';
import { cutLine, type Line, type Look, part } from './line.ts';

export interface Column<Row> {
  readonly title: string;
  /** Columns of the terminal. The last column of a table takes what is left, and has text of others only. */
  readonly width: number;
  readonly align?: 'left' | 'right';
  /** The key that sorts by it. */
  readonly key?: string;
  /** From this many columns of the terminal on. Default: always. */
  readonly from?: number;
  text(row: Row): string;
  look?(row: Row): Look;
  /** What it is sorted by; null is last in every order. */
  value?(row: Row): number | string | null;
  /** The first order; pressed again the other. Default: down. */
  readonly first?: 'up' | 'down';
}

export interface Sorting {
  readonly key: string;
  readonly isReversed: boolean;
}

export interface TableView<Row> {
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  /** The rows come as they are where there is none. */
  readonly sorting?: Sorting;
  /** Rows that are scrolled away above. */
  readonly offset: number;
}

/** The header and at most `height - 1` rows. */
export function tableLines<Row>(view: TableView<Row>, width: number, height: number, isAscii: boolean): Line[] {
  if (height < 1) return [];
  const columns = view.columns.filter(({ from = 0 }) => width >= from);
  const rows = sorted(view).slice(view.offset, view.offset + height - 1);
  const widths = widthsOf(columns, width);
  const lines = rows.map(
    (row): Line =>
      columns.flatMap((column, index) => [
        part(sized(clean(column.text(row), isAscii), widths[index]!, column.align), column.look?.(row) ?? 'plain'),
        ...(index < columns.length - 1 ? [part(' ')] : []),
      ]),
  );
  return [header(columns, widths, view.sorting), ...lines].map((line) => cutLine(line, width));
}

/** The column that it is sorted by stands out. */
function header<Row>(columns: readonly Column<Row>[], widths: readonly number[], sorting: Sorting | undefined): Line {
  return columns.flatMap(({ title, align, key }, index) => [
    part(sized(title, widths[index]!, align), key !== undefined && key === sorting?.key ? 'sorted' : 'header'),
    ...(index < columns.length - 1 ? [part(' ', 'header')] : []),
  ]);
}

/** Stable. */
export function sorted<Row>({ columns, rows, sorting }: TableView<Row>): readonly Row[] {
  const column = columns.find(({ key }) => key !== undefined && key === sorting?.key);
  const value = column?.value;
  if (column === undefined || value === undefined) return rows;
  const isUp = (column.first === 'up') !== sorting!.isReversed;
  return [...rows].sort((a, b) => compare(value(a), value(b), isUp));
}

function compare(a: number | string | null, b: number | string | null, isUp: boolean): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  const order = typeof a === 'number' && typeof b === 'number' ? a - b : COLLATOR.compare(String(a), String(b));
  return isUp ? order : -order;
}

/** `2` before `10`, the same in every locale. */
const COLLATOR = new Intl.Collator('en', { numeric: true });

function widthsOf<Row>(columns: readonly Column<Row>[], width: number): number[] {
  const fixed = columns.slice(0, -1).reduce((sum, column) => sum + column.width + 1, 0);
  return columns.map((column, index) => (index < columns.length - 1 ? column.width : Math.max(1, width - fixed)));
}
