/**
 * Shared memory in which the app's main thread tells its stack, and where it stood when it did. Written by that thread
 * when it is asked, read by the reporter thread once the answer's number is that of its question.
 *
 * ```
 * bytes   what
 * 0       int32: number of the question that is answered
 * 4       int32: bytes of the text
 * 8       float64: the last beat of the thread's map, ms on the monotonic clock
 * 16      float64: bytes of heap in use
 * 24      float64: ms that the answer took
 * 32      text, utf8: a line for each frame, innermost first
 * ```
 */

const NUMBER = 0;
const LENGTH = 1;
const BEAT = 1;
const HEAP = 2;
const TOOK = 3;
const TEXT_AT = 32;
const BYTES = 64 * 1024;
/** Between the fields of a frame; no name and no path has it. */
const FIELD = '\u0001';
const LINE = '\u0002';

/** One frame. Lines and columns from 1; those of the function's own beginning are its parameter list. */
export interface RawFrame {
  /** Empty where it has none. */
  readonly function: string;
  /** As the engine calls it: a path, a `file:` URL, `node:…`, or empty. */
  readonly url: string;
  readonly line: number;
  readonly column: number;
  readonly startLine: number;
  readonly startColumn: number;
}

export interface ToldStack {
  /** Innermost first. */
  readonly frames: readonly RawFrame[];
  readonly beat: number;
  /** Bytes. */
  readonly heapUsed: number;
  /** ms */
  readonly took: number;
}

export class StackArea {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #numbers: Float64Array;
  readonly #bytes: Buffer;

  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(BYTES)) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer);
    this.#numbers = new Float64Array(buffer);
    this.#bytes = Buffer.from(buffer);
  }

  /** Answers question `number`. What does not fit is left out. `text`: frames as `frameLine` makes them. */
  write(number: number, text: string, { beat, heapUsed, took }: Omit<ToldStack, 'frames'>): void {
    this.#words[LENGTH] = this.#bytes.write(text, TEXT_AT, 'utf8');
    this.#numbers[BEAT] = beat;
    this.#numbers[HEAP] = heapUsed;
    this.#numbers[TOOK] = took;
    Atomics.store(this.#words, NUMBER, number);
    Atomics.notify(this.#words, NUMBER);
  }

  /** Blocks the thread that calls until question `number` is answered, or another one, at most `limit` ms. */
  waitFor(number: number, limit: number): void {
    const answered = Atomics.load(this.#words, NUMBER);
    if (answered !== number) Atomics.wait(this.#words, NUMBER, answered, limit);
  }

  has(number: number): boolean {
    return Atomics.load(this.#words, NUMBER) === number;
  }

  /** The answer to question `number`, once it is there. */
  read(number: number): ToldStack | undefined {
    if (!this.has(number)) return undefined;
    const text = this.#bytes.toString('utf8', TEXT_AT, TEXT_AT + this.#words[LENGTH]!);
    const frames = text.split(LINE).slice(0, -1).map(parseFrame);
    return { frames, beat: this.#numbers[BEAT]!, heapUsed: this.#numbers[HEAP]!, took: this.#numbers[TOOK]! };
  }
}

/** One frame as text. Nothing is called that an app may have replaced. */
export function frameLine(frame: RawFrame): string {
  const place = `${frame.line}${FIELD}${frame.column}${FIELD}${frame.startLine}${FIELD}${frame.startColumn}`;
  return `${frame.function}${FIELD}${frame.url}${FIELD}${place}${LINE}`;
}

function parseFrame(text: string): RawFrame {
  const [name = '', url = '', ...places] = text.split(FIELD);
  const [line = 0, column = 0, startLine = 0, startColumn = 0] = places.map(Number);
  return { function: name, url, line, column, startLine, startColumn };
}
