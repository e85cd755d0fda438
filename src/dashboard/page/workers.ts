/** One row for each process and thread of the app, missing and dead ones too. */
import type { Now, WorkerRow } from '../feed.ts';
import { find, h, setText } from './dom.ts';
import { stateIcon } from './icons.ts';
import { type Column, LiveTable } from './live-table.ts';
import { bytes, duration, format, NOTHING, type Unit } from './units.ts';
import { visible } from './words.ts';

const MOODS = {
  running: 'good',
  stalled: 'critical',
  stopped: 'critical',
  missing: 'critical',
  ended: 'unknown',
} as const;

type Numeric = 'utilization' | 'delay' | 'cpu' | 'rss' | 'inFlight' | 'uptime';

export class Workers {
  #time = 0;
  readonly #table: LiveTable<WorkerRow>;

  constructor() {
    this.#table = new LiveTable<WorkerRow>({
      caption: 'Workers and processes',
      key: ({ worker, pid }) => `${worker} ${pid}`,
      sort: 'worker',
      page: 100,
      empty: 'Not known yet.',
      mood: ({ state }) => state,
      columns: [
        { id: 'worker', label: 'Worker', value: ({ worker }) => worker, fill: fillName },
        { id: 'state', label: 'State', value: ({ state }) => state, fill: (cell, row) => this.#fillState(cell, row) },
        { id: 'pid', label: 'pid', isNumber: true, value: ({ pid }) => pid, text: ({ pid }) => String(pid ?? NOTHING) },
        number('utilization', 'Loop', 'share', 'Event loop utilization'),
        number('delay', 'Delay p99', 'seconds', 'How late the event loop is, over the last minute'),
        number('cpu', 'CPU', 'cores', 'CPUs in use'),
        number('rss', 'RSS', 'bytes', 'Memory of the process'),
        {
          id: 'heap',
          label: 'Heap',
          help: 'In use, and its limit',
          isNumber: true,
          value: ({ heapUsed }) => heapUsed,
          text: heapText,
        },
        number('inFlight', 'In flight', 'count', 'Requests'),
        {
          ...number('uptime', 'Up', 'seconds', 'Since it started'),
          text: ({ uptime }) => (uptime === null ? NOTHING : duration(Math.round(uptime))),
        },
      ],
    });
    find('worker-list').append(this.#table.element);
  }

  show({ workers, time }: Now): void {
    this.#time = time;
    this.#table.update(workers);
  }

  #fillState(cell: HTMLElement, { state, since }: WorkerRow): void {
    if (cell.dataset.state !== state) {
      cell.dataset.state = state;
      cell.replaceChildren(h('span', { class: 'state' }, stateIcon(MOODS[state] ?? 'unknown'), h('span')));
    }
    const age =
      since === null || state === 'running'
        ? ''
        : ` for ${duration(Math.max(0, Math.round((this.#time - since) / 1000)))}`;
    setText(cell.querySelector('.state > span')!, `${state}${age}`);
  }
}

function fillName(cell: HTMLElement, { worker, threadOf }: WorkerRow): void {
  if (cell.firstChild) return;
  cell.append(h('bdi', {}, visible(worker)));
  if (threadOf !== null) cell.append(h('span', { class: 'note' }, ` thread of ${visible(threadOf)}`));
}

function number(id: Numeric, label: string, unit: Unit, help: string): Column<WorkerRow> {
  return { id, label, help, isNumber: true, value: (row) => row[id], text: (row) => format(unit, row[id]) };
}

function heapText({ heapUsed, heapLimit }: WorkerRow): string {
  if (heapUsed === null) return NOTHING;
  return heapLimit === null ? bytes(heapUsed) : `${bytes(heapUsed)} of ${bytes(heapLimit)}`;
}
