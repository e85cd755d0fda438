/** What one leader leaves to the next: counters of the host as they were shown, and what adapters have delivered. */
import type { MetricSnapshot, Snapshot } from '../snapshot/snapshot.ts';
import { decodeMetrics, decodeSnapshot, encodeMetrics, encodeSnapshot } from './codec.ts';
import { HostTotals } from './host-totals.ts';
import { Note, type Notes } from './note.ts';

const HOST = 'host';
const DELIVERED = 'delivered ';

/** Name and note. */
export type Named = readonly [name: string, note: Note];

export class Heritage {
  readonly notes: Notes = new Map();
  readonly #totals = new HostTotals();
  readonly #complain: (reason: string) => void;

  /** @param complain said of a note that cannot be read, which then counts as none */
  constructor(complain: (reason: string) => void) {
    this.#complain = complain;
  }

  /** This process leads from `time` (epoch ms) on, and reads `own` of its host. */
  begin(own: readonly MetricSnapshot[], time: number): void {
    const shown = this.#read(HOST, decodeMetrics);
    if (shown) this.#totals.follow(shown, own, time);
  }

  /** What is to be shown of the host for what this process reads of it at `time`. */
  host(own: readonly MetricSnapshot[], time: number): MetricSnapshot[] {
    return this.#totals.read(own, time);
  }

  noteOfHost(shown: readonly MetricSnapshot[], time: number): Named {
    return [HOST, new Note(time, () => encodeMetrics(shown))];
  }

  /** The next difference of an adapter begins there. */
  noteOfDelivery(adapter: string, basis: Snapshot): Named {
    return [DELIVERED + adapter, new Note(basis.time, () => encodeSnapshot(basis))];
  }

  /** By adapter. */
  bases(): ReadonlyMap<string, Snapshot> {
    const bases = new Map<string, Snapshot>();
    for (const name of this.notes.keys()) {
      const basis = name.startsWith(DELIVERED) ? this.#read(name, decodeSnapshot) : undefined;
      if (basis) bases.set(name.slice(DELIVERED.length), basis);
    }
    return bases;
  }

  #read<T>(name: string, decode: (bytes: Buffer) => T): T | undefined {
    const note = this.notes.get(name);
    try {
      return note && decode(note.bytes);
    } catch {
      this.#complain(`its note of ${name} cannot be read`);
      return undefined;
    }
  }
}
