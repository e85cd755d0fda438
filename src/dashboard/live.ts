/** Server-sent events: what is told to all pages that are open, each of which may be gone, slow or hostile. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { jsonText } from '../reporter/json-route.ts';
import { isRead } from '../reporter/read-only.ts';

/** Streams at once: half of the server's sockets, so that scrapes and pages always find one. */
export const STREAMS = 32;
/**
 * Bytes that may wait for a client when there is something new; with more it is taken for one that does not read. All
 * clients wait for the same bytes in memory.
 */
export const BACKLOG = 4_000_000;
/** ms after which a page that lost its stream asks again. */
const RETRY = 2000;

export class Live {
  readonly #streams = new Set<ServerResponse>();
  /** Those that were not greeted yet are not told anything else. */
  #opening = 0;
  #isOver = false;
  readonly #greet: () => Promise<string>;

  /** @param greet the events that a new stream begins with */
  constructor(greet: () => Promise<string>) {
    this.#greet = greet;
  }

  get isHeard(): boolean {
    return this.size > 0;
  }

  get size(): number {
    return this.#streams.size + this.#opening;
  }

  /** Answers one request with a stream, which lasts until its client leaves or falls behind. */
  async open(request: IncomingMessage, response: ServerResponse, lift: () => void): Promise<void> {
    if (!isRead(request, response)) return;
    if (this.size >= STREAMS) {
      response.writeHead(503, { 'Content-Type': 'text/plain; charset=utf-8', 'Retry-After': '10' });
      response.end(`${STREAMS} pages are open already: close one\n`);
      return;
    }
    response.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store',
      // nginx would keep events until a buffer is full.
      'X-Accel-Buffering': 'no',
    });
    if (request.method === 'HEAD') {
      response.end();
      return;
    }
    lift();
    // At once, so that a page knows that it is connected.
    response.write(`: loadline\nretry: ${RETRY}\n\n`);
    this.#opening++;
    try {
      const greeting = await this.#greet();
      if (this.#isOver || response.destroyed) return void response.destroy();
      this.#streams.add(response);
      response.once('close', () => this.#streams.delete(response));
      this.#write(response, greeting);
    } finally {
      this.#opening--;
    }
  }

  /** Tells everybody; `text` is of `eventText`. */
  tell(text: string): void {
    if (this.#streams.size === 0) return;
    const bytes = Buffer.from(text);
    for (const stream of this.#streams) this.#write(stream, bytes);
  }

  /** Ends all streams, and those that are about to begin. */
  close(): void {
    this.#isOver = true;
    for (const stream of this.#streams) stream.destroy();
    this.#streams.clear();
  }

  /** What is told now may be large: only what was told before says whether its client reads. */
  #write(stream: ServerResponse, text: string | Buffer): void {
    if (stream.writableLength <= BACKLOG) {
      stream.write(text);
      return;
    }
    this.#streams.delete(stream);
    stream.destroy();
  }
}

/** One event; its data is one line. */
export function eventText(event: string, value: unknown): string {
  return `event: ${event}\ndata: ${jsonText(value)}\n\n`;
}
