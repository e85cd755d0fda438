/**
 * The main thread's stack, asked for by an inspector session of this thread. Nothing is paused and no port is opened: V8
 * runs one call between two steps of whatever that thread is doing (at a function's entry or a loop's turn; inside
 * regular expressions, too), which tells the stack through shared memory. A synchronous native call is answered at its
 * return. The session is closed before it is served, so that no exit of the process ever waits for it.
 */
import { createRequire } from 'node:module';
import { now, timers } from '../clock.ts';
import type { StackArea, ToldStack } from '../store/stack-area.ts';

const require = createRequire(import.meta.url);

export interface Stack extends ToldStack {
  /** ms from the question to the answer. */
  readonly waited: number;
}

export interface Capture {
  /** ms, monotonic. */
  readonly asked: number;
  /** The answer is there, whether or not it was fetched yet. */
  readonly isAnswered: boolean;
  /** Undefined when it was given up. Never rejects. */
  readonly answer: Promise<Stack | undefined>;
  /** Waits no longer: whoever answers now answers nobody. Idempotent. */
  abandon(): void;
}

/** ms that this thread does nothing else than wait for the answer, which a thread that runs JavaScript gives at once. */
const WAIT = 1;
/** ms between two looks for one that comes later: the first, and the longest. */
const FIRST_LOOK = 2;
const LAST_LOOK = 25;

/** Questions in this process: an answer to an earlier one, also to that of an earlier reporter thread, is none. */
let asked = Math.floor(now()) % 1e9;

/**
 * Asks once. Not while a debugger may be attached.
 *
 * @throws where there is no inspector, or the permission model forbids it.
 */
export function captureStack(area: StackArea): Capture {
  const number = ++asked;
  const time = now();
  post(`globalThis[Symbol.for('loadline.state.v1')]?.tellStack?.(${number})`);
  let timer: ReturnType<typeof timers.setTimeout> | undefined;
  let settle: (stack: Stack | undefined) => void;
  const answer = new Promise<Stack | undefined>((resolve) => {
    settle = resolve;
  });
  const look = (wait: number) => {
    const told = area.read(number);
    if (told) {
      settle({ ...told, waited: now() - time });
      return;
    }
    timer = timers.setTimeout(() => look(Math.min(LAST_LOOK, 2 * wait)), wait);
    timer.unref();
  };
  area.waitFor(number, WAIT);
  look(FIRST_LOOK);
  return {
    asked: time,
    get isAnswered() {
      return area.has(number);
    },
    answer,
    abandon() {
      timers.clearTimeout(timer);
      settle(undefined);
    },
  };
}

/** Connecting, the call and the farewell are one batch for the main thread. */
function post(expression: string): void {
  // Not every Node.js was built with it.
  const { Session } = require('node:inspector') as typeof import('node:inspector');
  const session = new Session();
  session.connectToMainThread();
  session.post('Runtime.evaluate', { expression, silent: true });
  session.disconnect();
}
