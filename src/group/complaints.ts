/** What a group says, each line once. */
import { describe } from '../errors.ts';

export class Complaints {
  readonly #said = new Set<string>();
  readonly #path: string;
  readonly #warn: (line: string) => void;

  /** @param path of the socket where the group meets */
  constructor(path: string, warn: (line: string) => void) {
    this.#path = path;
    this.#warn = warn;
  }

  /** Another process did what none of ours does. */
  ofPeer(reason: string): void {
    this.say(describe('ERR_LOADLINE_GROUP_PEER', { path: this.#path, reason }));
  }

  say(line: string): void {
    if (this.#said.has(line)) return;
    this.#said.add(line);
    this.#warn(line);
  }
}
