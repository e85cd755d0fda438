/**
 * The main thread's stack, asked for by an inspector session of this thread. Nothing is paused and no port is opened: V8
 * runs `throw …` between two steps of whatever the thread is doing (at a function's entry or a loop's turn; inside
 * regular expressions, too) and tells the stack of what was thrown. A synchronous native call is answered at its return.
 */
import { createRequire } from 'node:module';
import { now } from '../clock.ts';
import { BEAT_AT } from '../store/reader.ts';

/** One frame as V8 tells it; `line` and `column` from 1. */
export interface RawFrame {
  readonly function: string;
  readonly url: string;
  readonly line: number;
  readonly column: number;
}

export interface Stack {
  /** Innermost first, at most 200. */
  readonly frames: readonly RawFrame[];
  /** The last beat of the main thread's map at that moment, by its own word; undefined when it has no map. */
  readonly beat: number | undefined;
  /** Bytes. */
  readonly heapUsed: number | undefined;
  /** ms from the question to the answer. */
  readonly waited: number;
  /** ms of the main thread that it took, as far as this thread can tell. */
  readonly took: number;
}

export interface Capture {
  /** Undefined when the answer was no stack, or it was given up. Never rejects. */
  readonly answer: Promise<Stack | undefined>;
  /** Takes the question back: whoever is asked too late answers nobody. Idempotent. */
  abandon(): void;
}

const require = createRequire(import.meta.url);

const STATE = 'loadline.state.v1';
/** The last beat is thrown, so that a stack that belongs to a later turn of the loop is known as such. */
const EXPRESSION = `throw globalThis[Symbol.for('${STATE}')]?.store?.cells?.[${BEAT_AT}]`;
/** ms: an answer within it interrupted code that ran. A later one was waited for. */
const PROMPT = 50;

interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
  readonly columnNumber: number;
}

interface Evaluated {
  readonly exceptionDetails?: {
    readonly stackTrace?: { readonly callFrames: readonly CallFrame[] };
    readonly exception?: { readonly value?: unknown };
  };
}

/**
 * Asks once. Not while a debugger may be attached: that one would see the question's traces.
 *
 * @throws where there is no inspector, or the permission model forbids it.
 */
export function captureStack(): Capture {
  // Not every Node.js was built with it.
  const { Session } = require('node:inspector') as typeof import('node:inspector');
  const session = new Session();
  const asked = now();
  let firstWord = 0;
  let heapUsed: number | undefined;
  let settle: (stack: Stack | undefined) => void;
  const answer = new Promise<Stack | undefined>((resolve) => {
    settle = resolve;
  });
  const end = (stack?: Stack) => {
    session.disconnect();
    settle(stack);
  };
  session.connectToMainThread();
  session.once('inspectorNotification', () => {
    firstWord = now();
  });
  // V8 keeps the stacks of what is thrown only while this is on.
  session.post('Runtime.enable');
  session.post('Runtime.getHeapUsage', (_error: Error | null, usage?: object) => {
    heapUsed = (usage as { usedSize?: number } | undefined)?.usedSize;
  });
  session.post('Runtime.evaluate', { expression: EXPRESSION, silent: true }, (_error, result) => {
    const time = now();
    const waited = time - asked;
    const took = waited <= PROMPT || firstWord === 0 ? Math.min(waited, PROMPT) : time - firstWord;
    end(stackOf(result as Evaluated | undefined, { waited, took, heapUsed }));
  });
  return { answer, abandon: () => end() };
}

function stackOf(
  evaluated: Evaluated | undefined,
  rest: Pick<Stack, 'waited' | 'took' | 'heapUsed'>,
): Stack | undefined {
  const details = evaluated?.exceptionDetails;
  if (!details?.stackTrace) return undefined;
  // The first frame is that of the expression itself.
  const frames = details.stackTrace.callFrames.slice(1).map((frame) => ({
    function: frame.functionName,
    url: frame.url,
    line: frame.lineNumber + 1,
    column: frame.columnNumber + 1,
  }));
  const beat = details.exception?.value;
  return { frames, beat: typeof beat === 'number' ? beat : undefined, ...rest };
}
