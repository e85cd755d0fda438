/** When a run should end: Ctrl-C, another polite signal, a closed output, or its time being over. */

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export class Stop {
  readonly #controller = new AbortController();
  readonly #abort = (): void => {
    this.#controller.abort();
    this.release();
  };
  #timer: NodeJS.Timeout | undefined;

  /** From now on the first signal stops the run; a second one kills the demo as if nobody listened. */
  constructor() {
    for (const signal of SIGNALS) process.on(signal, this.#abort);
    process.stdout.on('error', this.#abort);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  after(ms: number): void {
    this.#timer = setTimeout(this.#abort, ms);
  }

  /** Stops listening. Idempotent. A closed output stays harmless. */
  release(): void {
    clearTimeout(this.#timer);
    for (const signal of SIGNALS) process.off(signal, this.#abort);
  }
}

/** Resolves after `ms`, or at once when the signal aborts. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    function finish(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', finish);
      resolve();
    }
    const timer = setTimeout(finish, signal.aborted ? 0 : ms);
    signal.addEventListener('abort', finish);
  });
}
