/** Which of many have a history: a bounded number, of which one that was quiet for long makes room for another. */

/** Points for which one must have been quiet: ten minutes. */
export const QUIET = 120;

export class Kept {
  readonly #limit: number;
  /** By id: the last point at which something happened. */
  readonly #seen = new Map<string, number>();
  readonly #ranks = new Map<string, number>();
  #dropped: string[] = [];
  /** There was no room at that point, for that rank. */
  #full = { point: -1, rank: 0 };

  constructor(limit: number) {
    this.#limit = limit;
  }

  has(id: string): boolean {
    return this.#seen.has(id);
  }

  /**
   * Whether what happens to `id` at `point` is kept. `rank`: who has a greater one makes room for a lesser one at once.
   */
  take(id: string, point: number, rank = 0): boolean {
    if (!this.#seen.has(id) && this.#seen.size >= this.#limit && !this.#makeRoom(point, rank)) return false;
    this.#seen.set(id, point);
    this.#ranks.set(id, rank);
    return true;
  }

  /** Those that made room since the last call. */
  dropped(): readonly string[] {
    const dropped = this.#dropped;
    this.#dropped = [];
    return dropped;
  }

  #makeRoom(point: number, rank: number): boolean {
    if (this.#full.point === point && rank >= this.#full.rank) return false;
    let worst: string | undefined;
    for (const [id, seen] of this.#seen) {
      const isWorth = this.#ranks.get(id)! > rank || point - seen >= QUIET;
      if (isWorth && (worst === undefined || this.#isWorse(id, worst))) worst = id;
    }
    if (worst === undefined) {
      this.#full = { point, rank };
      return false;
    }
    this.#seen.delete(worst);
    this.#ranks.delete(worst);
    this.#dropped.push(worst);
    return true;
  }

  #isWorse(a: string, b: string): boolean {
    const [ranks, seen] = [this.#ranks, this.#seen];
    if (ranks.get(a) !== ranks.get(b)) return ranks.get(a)! > ranks.get(b)!;
    return seen.get(a)! < seen.get(b)!;
  }
}
