/**
 * A client of the npm package `graphite` as the way to carbon. By itself it calls back twice, or never, and buffers
 * without bound; here one chunk is in flight, its callback counts once, and a deadline ends it.
 */
import type { Socket } from 'node:net';
import { backoff } from './graphite-backoff.ts';
import type { Sender } from './graphite-connection.ts';
import { Pace } from './graphite-pace.ts';
import type { Chunk, Spool } from './graphite-spool.ts';

/** The part of the package that is used. */
export interface GraphiteClient {
  /** `timestamp`: epoch ms. */
  write(metrics: object, timestamp: number, callback: (error?: Error | null) => void): void;
  end(): void;
  /** Not public; asked for carefully. The inner one is the socket itself. */
  readonly _carbon?: { readonly _socket?: { destroy?(): void; readonly _socket?: Socket | null } | null };
}

export interface ClientSenderOptions {
  readonly spool: Spool;
  makeClient(): GraphiteClient;
  log(line: string): void;
  /** ms until a write counts as failed. Default 10000. */
  readonly deadline?: number;
}

const DEADLINE = 10_000;
/** ms between two attempts while closing. */
const CLOSING_RETRY = 100;

/** Loads the package. Rejects as `import()` does when it is not installed. */
export async function loadClient(host: string, port: number): Promise<() => GraphiteClient> {
  const name: string = 'graphite';
  const address = `plaintext://${host.includes(':') ? `[${host}]` : host}:${port}/`;
  const loaded: { default: { createClient(address: string): GraphiteClient } } = await import(name);
  return () => loaded.default.createClient(address);
}

export class ClientSender implements Sender {
  readonly #options: ClientSenderOptions;
  readonly #pace = new Pace(() => performance.now());
  #client: GraphiteClient | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isWriting = false;
  #failures = 0;
  #isOver = false;
  #closed: Promise<void> | undefined;
  #onOver: (() => void) | undefined;

  constructor(options: ClientSenderOptions) {
    this.#options = options;
  }

  wake(): void {
    if (this.#isWriting || this.#timer !== undefined || this.#isOver) return;
    const wait = this.#onOver ? 0 : this.#pace.wait();
    if (wait > 0 && this.#options.spool.isWaiting) {
      this.#later(wait);
      return;
    }
    const chunk = this.#options.spool.take();
    if (chunk !== undefined) this.#write(chunk);
    else if (this.#onOver) this.#finish();
  }

  close(signal: AbortSignal): Promise<void> {
    this.#closed ??= new Promise((resolve) => {
      this.#onOver = resolve;
      signal.addEventListener('abort', () => this.#finish(), { once: true });
      this.#stopTimer();
      if (signal.aborted) this.#finish();
      else this.wake();
    });
    return this.#closed;
  }

  #write(chunk: Chunk): void {
    this.#isWriting = true;
    this.#pace.spend(chunk.bytes.length);
    let isAnswered = false;
    const answer = (error?: Error | null) => {
      if (isAnswered || this.#isOver) return;
      isAnswered = true;
      clearTimeout(deadline);
      this.#isWriting = false;
      this.#answered(chunk, error);
    };
    const limit = this.#options.deadline ?? DEADLINE;
    const deadline = setTimeout(() => answer(new Error(`no answer in ${limit / 1000} s`)), limit).unref();
    try {
      this.#client ??= this.#options.makeClient();
      this.#client.write(metricsOf(chunk), chunk.timestamp * 1000, answer);
    } catch (error) {
      answer(error as Error);
    }
  }

  #answered(chunk: Chunk, error: Error | null | undefined): void {
    const { spool, log } = this.#options;
    if (!error) {
      this.#failures = 0;
      spool.sent(chunk);
      this.wake();
      return;
    }
    this.#breakClient();
    spool.rewind();
    this.#failures++;
    log(`graphite: the graphite client failed (${error.message}); lines are kept and sent later`);
    this.#later(this.#onOver ? CLOSING_RETRY : backoff(this.#failures));
  }

  #later(delay: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.wake();
    }, delay);
    if (!this.#onOver) this.#timer.unref();
  }

  #stopTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stopTimer();
    if (this.#isWriting || this.#options.spool.isWaiting) this.#breakClient();
    else this.#endClient();
    this.#onOver!();
  }

  /** All is with the kernel, which delivers it, unless the socket is destroyed while it has something unread. */
  #endClient(): void {
    const client = this.#client;
    this.#client = undefined;
    client?.end();
    // What the peer says is not read otherwise, and so its end is not seen.
    client?._carbon?._socket?._socket?.resume?.().unref();
  }

  /** `end` alone leaves a socket whose peer does not answer or read, so the socket in its midst is destroyed as well. */
  #breakClient(): void {
    const client = this.#client;
    this.#client = undefined;
    client?.end();
    client?._carbon?._socket?.destroy?.();
  }
}

/** Path → value as text. Without a prototype, so that no path means anything. */
function metricsOf(chunk: Chunk): object {
  const metrics: Record<string, string> = Object.create(null);
  for (const line of chunk.bytes.toString('latin1').split('\n')) {
    const [path, value] = line.split(' ');
    if (path && value) metrics[path] = value;
  }
  return metrics;
}
