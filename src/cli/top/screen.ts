/** The terminal as a screen: taken over, drawn on, and given back as it was. */
import type { ReadStream, WriteStream } from 'node:tty';

/** Alternate screen, no cursor, no wrapping: a line that is too long for the terminal stays one line. */
const ENTER = '\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J';
const LEAVE = '\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l';
/** Of a terminal that does not tell its size. */
const USUAL = { columns: 80, rows: 24 };

export class Screen {
  readonly #output: WriteStream;
  readonly #input: ReadStream | undefined;
  #shown: readonly string[] = [];
  #isEntered = false;

  /** `input`: undefined when nobody can press keys. */
  constructor(output: WriteStream, input: ReadStream | undefined) {
    this.#output = output;
    this.#input = input;
  }

  get size(): { readonly columns: number; readonly rows: number } {
    return { columns: this.#output.columns || USUAL.columns, rows: this.#output.rows || USUAL.rows };
  }

  /** Also after the terminal was somebody else's: whoever had it may have set it otherwise. */
  enter(): void {
    this.#isEntered = true;
    this.#shown = [];
    // Twice, since a mode that is known to be set is not set again.
    this.#input?.setRawMode(false);
    this.#input?.setRawMode(true);
    this.#output.write(ENTER);
  }

  /** Idempotent. Synchronous, so that it works when the process ends. */
  leave(): void {
    if (!this.#isEntered) return;
    this.#isEntered = false;
    this.#input?.setRawMode(false);
    this.#output.write(LEAVE);
  }

  /** What is on the screen is not known any more. */
  forget(): void {
    this.#shown = [];
    if (this.#isEntered) this.#output.write('\x1b[2J');
  }

  /** Writes the lines that changed, in one piece. */
  draw(lines: readonly string[]): void {
    if (!this.#isEntered) return;
    let text = '';
    for (const [index, line] of lines.entries()) {
      if (line !== this.#shown[index]) text += `\x1b[${index + 1};1H\x1b[2K${line}`;
    }
    this.#shown = lines;
    if (text !== '') this.#output.write(text);
  }
}
