/** When a run should end: Ctrl-C, another polite signal, a closed output, or its time being over. */

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export class Stop {
  readonly #controller = new AbortController();
  readonly #end = (): void => this.end();
  #timer: NodeJS.Timeout | undefined;

  /** From now on the first signal ends the run; a second one kills the demo as if nobody listened. */
  constructor() {
    for (const signal of SIGNALS) process.on(signal, this.#end);
    process.stdout.on('error', this.#end);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  after(ms: number): void {
    this.#timer = setTimeout(this.#end, ms);
  }

  /** Aborts `signal` and stops listening to others. Idempotent. A closed output stays harmless. */
  end(): void {
    clearTimeout(this.#timer);
    for (const signal of SIGNALS) process.off(signal, this.#end);
    this.#controller.abort();
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
