/** The routes: who gets how much, how fast, and what it costs. */
import type { Now, RouteRow } from '../feed.ts';
import type { Board } from './board.ts';
import { button, find, h, setAttribute, setText } from './dom.ts';
import { LiveTable } from './live-table.ts';
import { quantiles } from './panels.ts';
import { Plots, type Subject } from './plots.ts';
import { matches } from './sorting.ts';
import { format, NOTHING } from './units.ts';
import { count, visible } from './words.ts';

const NATURES = { cpu: 'CPU-heavy', waiting: 'waiting' } as const;

export class Routes {
  readonly #filter = find('route-filter') as HTMLInputElement;
  readonly #plots: Plots;
  readonly #table: LiveTable<RouteRow>;
  #rows: readonly RouteRow[] = [];

  constructor(board: Board, may: () => boolean) {
    this.#plots = new Plots(board, may, () => this.#show());
    this.#table = new LiveTable<RouteRow>({
      caption: 'Routes, over the last minute',
      key: ({ id }) => id,
      sort: 'share',
      page: 25,
      empty: 'Asking the agent…',
      columns: [
        { id: 'route', label: 'Route', value: titleOf, fill: (cell, row) => this.#fillName(cell, row) },
        {
          id: 'rate',
          label: 'Rate',
          isNumber: true,
          value: (row) => row.rate,
          text: (row) => format('rate', row.rate),
        },
        {
          id: 'share',
          label: 'Share',
          help: 'Of all requests',
          isNumber: true,
          value: (row) => row.share,
          fill: fillShare,
        },
        time('p50', 'Half of the requests are faster'),
        time('p90', 'Nine of ten requests are faster'),
        time('p99', '99 of 100 requests are faster'),
        rate('errors', 'Errors', 'Status 500 and up, per second'),
        rate('aborted', 'Aborted', 'The client left first, per second'),
        {
          id: 'cpu',
          label: 'CPU',
          help: 'CPU time on the event loop per request, an estimate',
          isNumber: true,
          value: (row) => row.cpu,
          text: (row) => format('seconds', row.cpu),
        },
        {
          id: 'nature',
          label: 'Nature',
          help: 'Whether a request’s time goes into computing or into waiting',
          value: ({ nature }) => nature,
          fill: fillNature,
        },
        {
          id: 'requests',
          label: 'Requests',
          help: 'Since the process started',
          isNumber: true,
          value: (row) => row.requests,
          text: (row) => format('count', row.requests),
        },
      ],
      mood: (row) => (this.#plots.has(row.id) ? 'chosen' : ''),
    });
    find('route-list').append(this.#plots.element, this.#table.element);
    this.#filter.addEventListener('input', () => this.#show());
  }

  show({ routes, routesLeftOut }: Now): void {
    this.#rows = routes;
    this.#show();
    setText(
      find('routes-note'),
      routesLeftOut > 0 ? `${count(routesLeftOut, 'route')} with less traffic not listed.` : '',
    );
  }

  #show(): void {
    const query = this.#filter.value.trim();
    const rows = this.#rows.filter((row) => matches(query, [titleOf(row), row.nature ? NATURES[row.nature] : '']));
    this.#table.setEmpty(
      this.#rows.length > 0
        ? `No route matches “${visible(query)}”.`
        : 'No requests yet. Ask your app for a page, for example: curl http://localhost:3000/',
    );
    this.#table.update(rows);
  }

  #fillName(cell: HTMLElement, row: RouteRow): void {
    let press = cell.querySelector('button');
    if (!press) {
      press = button({ class: 'row-link' }, () => this.#plots.toggle(subjectOf(row)), ...nameOf(row));
      cell.append(press);
    }
    setAttribute(press, 'aria-expanded', String(this.#plots.has(row.id)));
  }
}

function titleOf({ method, route }: RouteRow): string {
  return `${visible(method)} ${route === null ? '(no route)' : visible(route)}`;
}

function nameOf({ method, route }: RouteRow): HTMLElement[] {
  const pattern = route === null ? h('i', {}, '(no route)') : h('bdi', { class: 'pattern' }, visible(route));
  return [h('span', { class: 'method' }, visible(method)), pattern];
}

type Numeric = 'p50' | 'p90' | 'p99' | 'errors' | 'aborted';

function time(id: Numeric, help: string) {
  const value = (row: RouteRow) => row[id];
  return { id, label: id, help, isNumber: true, value, text: (row: RouteRow) => format('seconds', row[id]) };
}

function rate(id: Numeric, label: string, help: string) {
  const fill = (cell: HTMLElement, row: RouteRow) => {
    setText(cell, row[id] === 0 ? '0' : format('rate', row[id]));
    cell.classList.toggle('none', row[id] === 0);
    cell.classList.toggle('bad', id === 'errors' && row.errors > 0);
  };
  return { id, label, help, isNumber: true, value: (row: RouteRow) => row[id], fill };
}

function fillShare(cell: HTMLElement, { share }: RouteRow): void {
  if (!cell.firstChild) {
    const bar = h('span', { class: 'share-bar', 'aria-hidden': 'true' }, h('span'));
    cell.append(h('span', { class: 'share' }, h('span'), bar));
  }
  setText(cell.querySelector('.share > span')!, format('share', share));
  cell.querySelector<HTMLElement>('.share-bar > span')!.style.setProperty('width', `${Math.min(1, share) * 100}%`);
}

function fillNature(cell: HTMLElement, { nature }: RouteRow): void {
  const text = nature ? NATURES[nature] : NOTHING;
  if (cell.textContent === text) return;
  cell.replaceChildren(nature ? h('span', { class: `tag ${nature}` }, text) : text);
}

function subjectOf(row: RouteRow): Subject {
  const prefix = `route/${row.id}`;
  const id = `route-${row.id}`;
  const empty = 'No requests in this time.';
  return {
    key: row.id,
    title: titleOf(row),
    note: 'This route alone.',
    tracks: `${prefix}/*`,
    panels: [
      {
        id: `${id}-duration`,
        title: 'Duration',
        help: 'Of this route.',
        unit: 'seconds',
        empty,
        lines: () => quantiles(prefix, ['p50', 'p90', 'p99']),
      },
      {
        id: `${id}-rate`,
        title: 'Rate',
        help: 'Requests and errors (status 500 and up) of this route, per second.',
        unit: 'rate',
        empty,
        lines: () => [
          { track: `${prefix}/rate`, label: 'requests', ink: 'blue' },
          { track: `${prefix}/errors`, label: 'errors', ink: 'red' },
        ],
      },
    ],
  };
}
