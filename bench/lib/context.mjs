import { fileURLToPath } from 'node:url';
import { Child } from './child.mjs';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));

/**
 * What a bench finds.
 *
 * @typedef {object} Section
 * @property {string} title
 * @property {string[]} [text] Paragraphs between the title and the table: how, and what cannot be compared.
 * @property {unknown[][]} rows The first is the heading.
 * @property {string} [chart] Plain text.
 *
 * @typedef {{ target: string, found: string, reached: boolean }} Verdict
 */

/** What benches share: the settings, the load, the sink, and what they have to tell. */
export class Context {
  /** Contenders that do not work, or do not do what they are measured for. */
  failures = [];
  /** @type {Verdict[]} */
  verdicts = [];
  #children = new Map();

  /** @param {import('./options.mjs').Settings} options */
  constructor(options) {
    this.options = options;
  }

  get load() {
    return this.#child('load-process.mjs');
  }

  get sink() {
    return this.#child('sink-process.mjs');
  }

  /** Progress, apart from what is found. */
  say(line) {
    process.stderr.write(`${new Date().toISOString().slice(11, 19)}  ${line}\n`);
  }

  fail(line) {
    this.failures.push(line);
    this.say(`FAILED: ${line}`);
  }

  /**
   * Whether a target is reached. Brief runs measure nothing.
   *
   * @param {string} target
   * @param {string} found
   * @param {boolean} reached
   */
  verdict(target, found, reached) {
    if (!this.options.brief) this.verdicts.push({ target, found, reached });
  }

  async end() {
    await Promise.all([...this.#children.values()].map((child) => child.end()));
  }

  /** One that was ended by somebody costs a run one table, not all of them. */
  #child(file) {
    if (this.#children.get(file)?.ended ?? true) this.#children.set(file, new Child(here(file)));
    return this.#children.get(file);
  }
}
