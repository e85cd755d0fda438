/** The HTTP connection of the exporters, watched: how far each request got, and the power to end them. */
import { readFileSync } from 'node:fs';
import { type ClientRequest, Agent as HttpAgent, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Socket } from 'node:net';
import { resolve } from 'node:path';
import { type Attempt, isUnanswered } from './otlp-outcome.ts';
import { firstSet, variables } from './otlp-settings.ts';

/** ms. Longer than that nobody is waited for. */
const MAX_WAIT = 300_000;

/** Node's `http.Agent` hands every request to this method, and every replacement overrides it. */
interface Adding {
  addRequest(request: ClientRequest, ...rest: unknown[]): void;
}

export class OtlpConnection {
  readonly #mayRepeat: boolean;
  readonly #agents: HttpAgent[] = [];
  readonly #certificates = certificates();
  #attempts: Attempt[] = [];
  #requests = new Set<ClientRequest>();
  #isOver = true;

  /** `mayRepeat`: whether the exporter may send again what was sent and never answered. */
  constructor(mayRepeat: boolean) {
    this.#mayRepeat = mayRepeat;
  }

  /** A new delivery begins: its attempts are told apart from earlier ones. */
  begin(): void {
    this.#attempts = [];
    this.#isOver = false;
  }

  /** No further attempt is let through, and those under way end. Returns all of this delivery. */
  end(): readonly Attempt[] {
    this.#isOver = true;
    for (const request of this.#requests) request.destroy(new Error('time is up'));
    return this.#attempts.map((attempt) => ({ ...attempt }));
  }

  close(): void {
    this.end();
    for (const agent of this.#agents) agent.destroy();
  }

  /**
   * What the exporters take as `httpAgentOptions`. A connection is kept only where a request may be repeated: one that
   * is written to a connection which the server is closing cannot be told from a lost one.
   */
  readonly createAgent = (protocol: string): HttpAgent => {
    const options = { keepAlive: this.#mayRepeat };
    const agent =
      protocol === 'https:' ? new HttpsAgent({ ...options, ...this.#certificates }) : new HttpAgent(options);
    const adding = agent as HttpAgent & Adding;
    const add = adding.addRequest.bind(agent);
    adding.addRequest = (request, ...rest) => {
      if (this.#isRefused()) {
        request.onSocket(null as unknown as Socket);
        request.destroy(new Error('not sent again'));
        return;
      }
      this.#watch(request);
      add(request, ...rest);
    };
    this.#agents.push(agent);
    return agent;
  };

  #isRefused(): boolean {
    return this.#isOver || (!this.#mayRepeat && this.#attempts.some(isUnanswered));
  }

  #watch(request: ClientRequest): void {
    const attempt: Attempt = { sent: false };
    let connected = false;
    this.#attempts.push(attempt);
    this.#requests.add(request);
    request.once('socket', (socket) => {
      connected = !socket.connecting;
      socket.once('connect', () => {
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
}

/** RFC 9110, §10.2.3, in ms; at most {@link MAX_WAIT}. */
function retryAfterOf({ headers: { 'retry-after': text } }: IncomingMessage): number | undefined {
  if (text === undefined) return undefined;
  const wait = /^\d+$/.test(text.trim()) ? Number(text) * 1e3 : Date.parse(text) - Date.now();
  return Number.isNaN(wait) ? undefined : Math.min(Math.max(wait, 0), MAX_WAIT);
}

/** The exporter reads them for its own agent, which ours replaces, and says what it cannot read. */
function certificates(): { ca?: Buffer; cert?: Buffer; key?: Buffer } {
  return {
    ca: fileOf(variables('CERTIFICATE')),
    cert: fileOf(variables('CLIENT_CERTIFICATE')),
    key: fileOf(variables('CLIENT_KEY')),
  };
}

function fileOf(names: readonly string[]): Buffer | undefined {
  const [, path] = firstSet(process.env, names);
  if (path === '') return undefined;
  try {
    return readFileSync(resolve(process.cwd(), path));
  } catch {
    // Said by the exporter, which goes on without it.
    return undefined;
  }
}
