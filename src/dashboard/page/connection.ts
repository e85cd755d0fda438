/** The stream of `GET /live`: held, watched, taken up again. */

import type { Finding } from '../../reporter/findings.ts';
import type { Now, TrackPoint } from '../feed.ts';
import { ask, Refused } from './api.ts';
import { backoff } from './backoff.ts';
import { EventParser, type ServerEvent } from './sse.ts';

/** `Now` comes each second; this long without any is a dead line. */
const SILENCE = 5000;
/** Statuses that asking again does not change. */
const FINAL = [401, 403];

export interface Listener {
  /** The stream stands; what was missed is to be asked for. Where that fails the stream is given up, too. */
  opened(): Promise<void>;
  now(now: Now): void;
  point(point: TrackPoint): void;
  /** All that are known. */
  findings(findings: readonly Finding[]): void;
  /** It is tried again. @param refusal what the server said, where it said something */
  lost(refusal: Refused | undefined): void;
  /** The server wants a token, or will not answer this page at all. It is not asked again by itself. */
  refused(refusal: Refused): void;
}

export class Connection {
  readonly #listener: Listener;
  #abort: AbortController | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;
  #tries = 0;

  constructor(listener: Listener) {
    this.#listener = listener;
  }

  /** Now, whatever was planned. */
  start(): void {
    this.stop();
    const abort = new AbortController();
    this.#abort = abort;
    this.#hold(abort).catch((error: Error) => {
      if (this.#abort !== abort) return;
      this.stop();
      if (error instanceof Refused && FINAL.includes(error.status)) this.#listener.refused(error);
      else this.#retry(error instanceof Refused ? error : undefined);
    });
  }

  stop(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#silence);
    this.#abort?.abort();
    this.#abort = undefined;
  }

  #retry(refusal: Refused | undefined): void {
    this.#tries++;
    this.#listener.lost(refusal);
    this.#timer = setTimeout(() => this.start(), backoff(this.#tries, Math.random()));
  }

  /** Rejects when the stream ends, however it does. */
  async #hold(abort: AbortController): Promise<never> {
    this.#watch(abort);
    const response = await ask('live', abort.signal);
    const parser = new EventParser();
    const decoder = new TextDecoder();
    const reader = response.body!.getReader();
    this.#listener.opened().then(
      () => {
        this.#tries = 0;
      },
      (error) => abort.abort(error),
    );
    for (;;) {
      const { done, value } = await reader.read();
      if (done) throw new Error('the stream ended');
      this.#watch(abort);
      for (const event of parser.push(decoder.decode(value, { stream: true }))) {
        if (abort.signal.aborted) throw new Error('given up');
        this.#take(event);
      }
    }
  }

  #take({ event, data }: ServerEvent): void {
    const value: unknown = JSON.parse(data);
    try {
      if (event === 'now') this.#listener.now(value as Now);
      if (event === 'point') this.#listener.point(value as TrackPoint);
      if (event === 'findings') this.#listener.findings(value as Finding[]);
    } catch (error) {
      // A fault of this page is no fault of the line.
      reportError(error);
    }
  }

  #watch(abort: AbortController): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => abort.abort(new Error('silent')), SILENCE);
  }
}
