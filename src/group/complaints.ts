/** What a process has to say of its group: each line once. */
import { describe } from '../errors.ts';
import { VERSION } from '../version.ts';

export class Complaints {
  readonly #path: string;
  readonly #warn: (line: string) => void;
  readonly #said = new Set<string>();

  /** @param path of the socket at which they meet */
  constructor(path: string, warn: (line: string) => void) {
    this.#path = path;
    this.#warn = warn;
  }

  /** Somebody who is connected did something wrong. */
  peer(reason: string): void {
    this.#say(describe('ERR_LOADLINE_GROUP_PEER', { path: this.#path, reason }));
  }

  /** The socket can't be used. */
  socket(reason: string): void {
    this.#say(describe('ERR_LOADLINE_GROUP_SOCKET', { path: this.#path, reason }));
  }

  /** The leader, of version `found`, does not take this process. */
  version(found: string, reason: string): void {
    this.#say(describe('ERR_LOADLINE_GROUP_VERSION', { own: VERSION, found, reason }));
  }

  /** The leader does not answer. */
  silent(): void {
    this.#say(describe('ERR_LOADLINE_GROUP_SILENT', { path: this.#path }));
  }

  /** What this process counts is too much to be sent. */
  size(): void {
    this.#say(describe('ERR_LOADLINE_GROUP_SIZE', {}));
  }

  #say(line: string): void {
    if (this.#said.has(line)) return;
    this.#said.add(line);
    this.#warn(line);
  }
}
