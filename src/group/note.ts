/** What every leader must know of the ones before it, by name; the latest counts. Made into bytes when it is sent. */
export class Note {
  /** Epoch ms. */
  readonly time: number;
  readonly #encode: () => Buffer;
  #bytes: Buffer | undefined;

  constructor(time: number, encode: () => Buffer) {
    this.time = time;
    this.#encode = encode;
  }

  get bytes(): Buffer {
    this.#bytes ??= this.#encode();
    return this.#bytes;
  }
}

export type Notes = Map<string, Note>;

/** Takes a note unless a later one is known. */
export function takeNote(notes: Notes, name: string, time: number, bytes: Buffer): void {
  const known = notes.get(name);
  if (!known || known.time < time) notes.set(name, new Note(time, () => bytes));
}
