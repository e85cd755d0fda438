/** Counters of the kernel as counters of this process: they begin at 0 with the first look, and never fall. */
export class Rising {
  readonly #last = new Map<string, number>();
  readonly #total = new Map<string, number>();

  /** What `value` has risen by since the first call with this key. One that falls has begun anew, at 0. */
  since(key: string, value: number): number {
    const last = this.#last.get(key) ?? value;
    const total = (this.#total.get(key) ?? 0) + (value >= last ? value - last : value);
    this.#last.set(key, value);
    this.#total.set(key, total);
    return total;
  }
}
