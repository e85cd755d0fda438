/** The lines a collector may say about samplers, each at most once per sampler scope and detail. */
import { type Code, describe, type Params } from '../errors.ts';
import { oneLine } from '../log.ts';

const MAX_REMEMBERED = 1000;

export class Warnings {
  readonly #warn: (code: Code, line: string) => void;
  readonly #said = new Set<string>();

  constructor(warn: (code: Code, line: string) => void) {
    this.#warn = warn;
  }

  /** Says a line of the catalogue, once per code and `key`. Never throws. */
  once<C extends Code>(code: C, key: string, params: Params<C>): void {
    const said = `${code} ${key}`;
    if (this.#said.has(said) || this.#said.size >= MAX_REMEMBERED) return;
    this.#said.add(said);
    try {
      this.#warn(code, oneLine(describe(code, params)));
    } catch {
      // The listener is the host's own; a collector has nowhere else to complain.
      return;
    }
  }
}
