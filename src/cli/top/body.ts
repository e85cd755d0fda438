/** The tables that a view shows, in the rows that there are. Pure. */
import type { Now, RouteRow, WorkerRow } from '../../dashboard/feed.ts';
import type { Finding } from '../../reporter/findings.ts';
import type { ListedRequest, RequestList } from '../../reporter/request-list.ts';
import { findingColumns, REQUESTS, ROUTES, WORKERS } from './columns.ts';
import { cutLine, type Line, part } from './line.ts';
import { activeTable, bounded, type Extent, type State, type TableName } from './state.ts';
import { type Column, type TableView, tableLines } from './table.ts';

/** What the app said last. */
export interface Known {
  readonly now: Now;
  readonly findings: readonly Finding[];
  /** Undefined: not asked for. */
  readonly requests: RequestList | undefined;
}

interface Table {
  readonly columns: readonly Column<never>[];
  readonly rows: readonly unknown[];
  /** Where there are no rows. */
  readonly empty: string;
  lines(state: State, width: number, height: number, isAscii: boolean, offset: number): Line[];
}

export interface Body {
  readonly lines: readonly Line[];
  readonly extent: Extent;
}

/** At most `height` lines. */
export function body(known: Known, state: State, width: number, height: number, isAscii: boolean): Body {
  const tables = tablesOf(known, state);
  const active = activeTable(state);
  const heights = state.view === 'all' ? share(tables, height) : { [active]: height };
  const inView = Math.max(0, (heights[active] ?? 0) - 1);
  const offset = bounded(state.offset, tables[active].rows.length, inView);
  const lines = (Object.keys(heights) as TableName[]).flatMap((name) =>
    draw(tables[name], state, width, heights[name]!, isAscii, name === active ? offset : 0),
  );
  const sortKeys = tables[active].columns.flatMap(({ key }) => key ?? []);
  return { lines, extent: { sortKeys, rows: tables[active].rows.length, height: inView } };
}

/** All tables with all their rows. */
export function everything(known: Known, state: State, width: number, isAscii: boolean): Line[] {
  const { workers, routes, findings } = tablesOf(known, state);
  return [workers, routes, findings].flatMap((table) => [
    [],
    ...draw(table, state, width, table.rows.length + 2, isAscii, 0),
  ]);
}

function draw(table: Table, state: State, width: number, height: number, isAscii: boolean, offset: number): Line[] {
  if (table.rows.length > 0) return table.lines(state, width, height, isAscii, offset);
  return height > 0 ? [cutLine([part(table.empty, 'dim')], width)] : [];
}

function tablesOf({ now, findings, requests }: Known, state: State): Readonly<Record<TableName, Table>> {
  const isAll = state.view === 'all';
  return {
    workers: table<WorkerRow>('workers', WORKERS, isAll ? troubledFirst(now.workers) : now.workers, 'no workers'),
    routes: table<RouteRow>('routes', ROUTES, now.routes, 'no requests yet'),
    findings: table<Finding>(
      'findings',
      findingColumns(now.time),
      isAll ? presentFirst(findings) : findings,
      'no findings: nothing was wrong that the agent knows of',
    ),
    requests: table<ListedRequest>('requests', REQUESTS, requests?.requests ?? [], 'nothing is in flight'),
  };
}

function table<Row>(name: TableName, columns: readonly Column<Row>[], rows: readonly Row[], empty: string): Table {
  return {
    columns,
    rows,
    empty,
    lines(state, width, height, isAscii, offset) {
      const isOrdered = state.view === 'all' && (name === 'workers' || name === 'findings');
      const view: TableView<Row> = { columns, rows, offset, sorting: isOrdered ? undefined : state.sorting[name] };
      return tableLines(view, width, height, isAscii);
    },
  };
}

/** Those that do not run, then the busiest: there may be more than there is room for. */
function troubledFirst(workers: readonly WorkerRow[]): WorkerRow[] {
  const trouble = ({ state }: WorkerRow) => Number(state === 'running' || state === 'ended');
  return [...workers].sort((a, b) => trouble(a) - trouble(b) || (b.utilization ?? -1) - (a.utilization ?? -1));
}

function presentFirst(findings: readonly Finding[]): Finding[] {
  return [...findings].sort((a, b) => Number(a.until !== null) - Number(b.until !== null));
}

/** A third for the workers and a quarter for the findings at most; the routes have the rest, and give what they do not need. */
function share(tables: Readonly<Record<TableName, Table>>, height: number): Partial<Record<TableName, number>> {
  const wanted = (name: TableName) => 1 + tables[name].rows.length;
  let workers = Math.min(wanted('workers'), Math.max(2, Math.floor(height / 3)));
  let findings = height < 8 ? 0 : Math.min(wanted('findings'), Math.max(2, Math.floor(height / 4)));
  let spare = Math.max(0, height - workers - findings - wanted('routes'));
  const more = Math.min(spare, wanted('workers') - workers);
  workers += more;
  spare -= more;
  if (findings > 0) findings += Math.min(spare, wanted('findings') - findings);
  return { workers, routes: Math.min(wanted('routes'), Math.max(0, height - workers - findings)), findings };
}
