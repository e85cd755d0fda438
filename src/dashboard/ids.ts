/** Short names for what has long ones, the same for as long as it is known. */
export class Ids {
  readonly #prefix: string;
  readonly #limit: number;
  /** By key, least recently seen first. */
  readonly #ids = new Map<string, string>();
  #next = 1;

  /** @param limit keys that are remembered; beyond it the one that was not seen for longest is forgotten */
  constructor(prefix: string, limit: number) {
    this.#prefix = prefix;
    this.#limit = limit;
  }

  of(key: string): string {
    const id = this.#ids.get(key) ?? `${this.#prefix}${this.#next++}`;
    this.#ids.delete(key);
    this.#ids.set(key, id);
    if (this.#ids.size > this.#limit) this.#ids.delete(this.#ids.keys().next().value!);
    return id;
  }
}
