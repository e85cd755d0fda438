/** One push over HTTP: its requests as far as they got, whether more are let through, and the power to end them. */
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { type Attempt, isUnanswered } from './otlp-outcome.ts';

export class OtlpDelivery {
  readonly #mayRepeat: boolean;
  readonly #attempts: Attempt[] = [];
  readonly #requests = new Set<ClientRequest>();
  #isOver = false;

  /** `mayRepeat`: whether the exporter may send again what was sent and never answered. */
  constructor(mayRepeat: boolean) {
    this.#mayRepeat = mayRepeat;
  }

  /** Whether one more request may go out. */
  get isOpen(): boolean {
    return !this.#isOver && (this.#mayRepeat || !this.#attempts.some(isUnanswered));
  }

  /** Before the request has a socket. */
  watch(request: ClientRequest): void {
    const attempt: Attempt = { sent: false };
    let connected = false;
    this.#attempts.push(attempt);
    this.#requests.add(request);
    request.once('socket', (socket) => {
      connected = !socket.connecting;
      // One that is kept open never connects again.
      if (connected) return;
      socket.once('encrypted' in socket ? 'secureConnect' : 'connect', () => {
        connected = true;
      });
    });
    request.once('finish', () => {
      attempt.sent = connected;
    });
    request.once('response', (response) => {
      attempt.status = response.statusCode;
      attempt.retryAfter = retryAfterOf(response);
    });
    request.once('error', (error: NodeJS.ErrnoException) => {
      attempt.code = error.code;
    });
    request.once('close', () => this.#requests.delete(request));
  }

  /** No further request is let through, and those under way end. Idempotent. Returns all of them. */
  end(): readonly Attempt[] {
    this.#isOver = true;
    for (const request of this.#requests) request.destroy(new Error('time is up'));
    return this.#attempts.map((attempt) => ({ ...attempt }));
  }
}

/** A request that has not been given to an agent goes nowhere. */
export function refuse(request: ClientRequest): void {
  request.onSocket(null as unknown as Socket);
  request.destroy(new Error('not sent again'));
}

/** RFC 9110, §10.2.3, in ms; a date may have passed. */
function retryAfterOf({ headers: { 'retry-after': text } }: IncomingMessage): number | undefined {
  if (text === undefined) return undefined;
  const wait = /^\d+$/.test(text.trim()) ? Number(text) * 1e3 : Date.parse(text) - Date.now();
  return Number.isNaN(wait) ? undefined : wait;
}
