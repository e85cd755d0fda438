/** The requests in flight at this moment, asked for while this part of the page can be seen. */
import type { ListedRequest, RequestList } from '../../reporter/request-list.ts';
import { askJson } from './api.ts';
import { find, h, setText } from './dom.ts';
import { LiveTable } from './live-table.ts';
import { duration } from './units.ts';
import { whileVisible } from './while-visible.ts';
import { visible } from './words.ts';

/** ms. */
const PAUSE = 1000;

export class Requests {
  readonly #table: LiveTable<ListedRequest>;

  /** @param may whether the agent answers */
  constructor(may: () => boolean) {
    const text = (id: 'method' | 'path' | 'worker' | 'phase', label: string) => ({
      id,
      label,
      value: (row: ListedRequest) => row[id],
      fill: (cell: HTMLElement, row: ListedRequest) => setBdi(cell, visible(row[id])),
    });
    const keys = new WeakMap<ListedRequest, string>();
    this.#table = new LiveTable<ListedRequest>({
      caption: 'Requests in flight',
      // Requests have no ids: those of one place are told apart by their order, the oldest first.
      key: (row) => keys.get(row) ?? '',
      sort: 'age',
      page: 25,
      empty: 'Asking the agent…',
      columns: [
        text('path', 'Path'),
        text('method', 'Method'),
        {
          id: 'route',
          label: 'Route',
          value: ({ route }) => route,
          fill: (cell, { route }) => setBdi(cell, visible(route ?? '')),
        },
        text('phase', 'Phase'),
        { id: 'age', label: 'Age', isNumber: true, value: ({ age }) => age, text: ({ age }) => duration(age) },
        text('worker', 'Worker'),
      ],
    });
    find('request-list').append(this.#table.element);
    whileVisible(find('requests'), PAUSE, may, async (signal) => {
      const { requests, total } = await askJson<RequestList>('requests', signal);
      const counts = new Map<string, number>();
      for (const row of requests) {
        const place = `${row.worker} ${row.method} ${row.path}`;
        const at = (counts.get(place) ?? 0) + 1;
        counts.set(place, at);
        keys.set(row, `${place} ${at}`);
      }
      this.#table.setEmpty('No request is in flight.');
      this.#table.update(requests);
      setText(find('requests-note'), total > requests.length ? `The ${requests.length} oldest of ${total}.` : '');
    });
  }
}

function setBdi(cell: HTMLElement, text: string): void {
  if (!cell.firstChild) cell.append(h('bdi'));
  setText(cell.firstElementChild!, text);
}
