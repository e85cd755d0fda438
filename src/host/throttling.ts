/** How long threads were held back because the CPU quota of their control group was used up. */
import { findGroups, type Read, readCounts } from './cgroup.ts';
import { Paced } from './paced.ts';

/** ms between two looks for the groups. */
const FIND_AGAIN = 60_000;

export class Throttling {
  readonly #read: Read | undefined;
  readonly #groups: Paced<ReturnType<typeof findGroups>>;

  /** `read`: default, the machine's files. */
  constructor(read?: Read) {
    this.#read = read;
    this.#groups = new Paced(() => findGroups(read), FIND_AGAIN);
  }

  /**
   * ms since the group was made, of its threads on each CPU together; undefined: no quota. About 50 µs for each folder
   * of the group. Never throws. `time`: ms, monotonic.
   */
  total(time: number): number | undefined {
    const { throttled } = readCounts(this.#groups.get(time), this.#read);
    return throttled === undefined ? undefined : throttled * 1e3;
  }
}
