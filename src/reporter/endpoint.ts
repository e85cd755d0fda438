/** The agent's server while this process is the one to serve: at once, or when whoever has its port gives it up. */
import { timers } from '../clock.ts';
import type { Handler } from './adapter.ts';
import type { GuardedHandler } from './answer.ts';
import { type ServeOptions, type Serving, serve } from './serving.ts';

/** ms between two tries at a port that another one is expected to give up. */
const RETRY = 500;
/** ms that answers wait then: those whom the other one served for are on their way here. */
const SETTLE = 1000;

export interface EndpointOptions extends Omit<ServeOptions, 'isAgain'> {
  /** It serves there now. Must not throw. */
  onServing(url: string): void;
}

/** Nothing here throws or rejects. */
export class Endpoint {
  readonly #options: EndpointOptions;
  #serving: Serving | undefined;
  #retry: ReturnType<typeof timers.setTimeout> | undefined;
  #isTrying = false;
  #isClosed = false;
  /** Until then nothing is answered. */
  #settled: Promise<void> | undefined;

  constructor(options: EndpointOptions) {
    this.#options = options;
  }

  get url(): string | undefined {
    return this.#serving?.url;
  }

  /** Resolves when it serves or can't, which is said. Call once. */
  open(): Promise<void> {
    return this.#try(this.#options.patience, false);
  }

  /** The port is tried until it is had. Idempotent. */
  reclaim(): void {
    if (this.#retry || this.#isClosed || this.#serving) return;
    this.#retry = timers.setTimeout(async () => {
      this.#retry = undefined;
      await this.#try(0, true);
      this.reclaim();
    }, RETRY);
    this.#retry.unref();
  }

  /** The port is free when this returns. Idempotent. */
  async close(): Promise<void> {
    this.#isClosed = true;
    timers.clearTimeout(this.#retry);
    await this.#serving?.server.close();
  }

  async #try(patience: number, isAgain: boolean): Promise<void> {
    if (this.#isTrying) return;
    this.#isTrying = true;
    const { routes, guarded = {} } = this.#options;
    const waiting = { routes: this.#settledFirst(routes), guarded: this.#settledFirst(guarded) };
    const serving = await serve({ ...this.#options, ...waiting, patience, isAgain });
    this.#isTrying = false;
    if (!serving) return;
    if (this.#isClosed) return serving.server.close();
    this.#serving = serving;
    if (isAgain) this.#settled = new Promise((resolve) => timers.setTimeout(resolve, SETTLE));
    this.#options.onServing(serving.url);
  }

  #settledFirst<H extends Handler | GuardedHandler>(handlers: Readonly<Record<string, H>>): Record<string, H> {
    const first = (handle: H) =>
      (async (...given: Parameters<GuardedHandler>) => {
        await this.#settled;
        await (handle as GuardedHandler)(...given);
      }) as H;
    return Object.fromEntries(Object.entries(handlers).map(([path, handle]) => [path, first(handle)]));
  }
}
