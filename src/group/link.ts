/** One connection between two processes of a group: messages both ways, bounded in what it keeps. */
import type { Socket } from 'node:net';
import { timers } from '../clock.ts';
import { reasonOf } from '../errors.ts';
import { FRAME_LIMIT, FrameReader, toFrame } from './frames.ts';
import { type Message, toMessage } from './messages.ts';

/** Bytes that a peer which does not read may leave unsent; then it is given up. */
const UNSENT_LIMIT = 32 * 1024 * 1024;
/** Bytes of a frame of a peer that has not said who it is. */
const STRANGER_LIMIT = 256 * 1024;

export interface LinkEvents {
  /** May throw: the link ends then, with that as reason. */
  onMessage(message: Message, body: Buffer): void;
  /** Once. `problem`: what the peer did wrong, if it did. */
  onClose(problem: string | undefined): void;
}

/** Nothing here throws. */
export class Link {
  readonly #socket: Socket;
  #problem: string | undefined;
  #isKnown = false;
  /** What is to be written once everything that has arrived is read. */
  #waiting: Buffer[] = [];
  #waitingBytes = 0;

  constructor(socket: Socket, events: LinkEvents) {
    this.#socket = socket;
    const reader = new FrameReader(
      (head, body) => events.onMessage(toMessage(head), body),
      () => (this.#isKnown ? FRAME_LIMIT : STRANGER_LIMIT),
    );
    socket.on('data', (chunk: Buffer) => {
      if (socket.destroyed) return;
      try {
        reader.push(chunk);
      } catch (error) {
        this.#problem ??= reasonOf(error);
        socket.destroy();
      }
    });
    // What the error was matters to nobody: 'close' follows.
    socket.on('error', () => socket.destroy());
    socket.on('end', () => socket.destroy());
    socket.on('close', () => events.onClose(this.#problem));
  }

  /** The peer is one of ours: its frames may be long. */
  trust(): void {
    this.#isKnown = true;
  }

  get isOpen(): boolean {
    return !this.#socket.destroyed;
  }

  /** Nothing waits to be sent: the peer reads. */
  get isDrained(): boolean {
    return this.#unsent === 0;
  }

  /** False when it can't be sent: the link is over, or the body too long. */
  send(message: Message, body?: Buffer): boolean {
    if (this.#socket.destroyed) return false;
    if (this.#unsent > UNSENT_LIMIT) {
      this.close('it does not read');
      return false;
    }
    try {
      this.#write(toFrame(message, body));
      return true;
    } catch {
      // Longer than a frame may be: it is left out, and said by whoever gets `false`.
      return false;
    }
  }

  get #unsent(): number {
    return this.#socket.writableLength + this.#waitingBytes;
  }

  /**
   * Writing to a peer that has gone ends the socket, and its last words with it if they are not read yet. So what is
   * written waits until the loop has read what there is, which it has between two `setImmediate`.
   */
  #write(bytes: Buffer): void {
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    if (this.#waiting.length === 1) setImmediate(() => setImmediate(() => this.#flush()));
  }

  #flush(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    if (waiting.length > 0 && !this.#socket.destroyed) this.#socket.write(Buffer.concat(waiting));
  }

  /** Resolves when all that was sent is with the kernel, so that it arrives even if this process is killed; after `limit` ms anyway. */
  async flushed(limit: number): Promise<void> {
    this.#flush();
    if (this.#socket.destroyed || this.isDrained) return;
    await new Promise<void>((resolve) => {
      const timer = timers.setTimeout(resolve, limit);
      this.#socket.write('', () => {
        timers.clearTimeout(timer);
        resolve();
      });
    });
  }

  close(problem?: string): void {
    this.#problem ??= problem;
    this.#socket.destroy();
  }

  /** After what was sent is with the kernel. */
  end(): void {
    this.#flush();
    this.#socket.end();
  }

  /**
   * The same; resolves when the peer has read it all and ended the link, too, or after `limit` ms. A process that is gone
   * before is one that the peer may write to, and so lose what it has not read yet.
   */
  async over(limit: number): Promise<void> {
    this.end();
    if (this.#socket.destroyed) return;
    await new Promise<void>((resolve) => {
      const timer = timers.setTimeout(resolve, limit);
      this.#socket.once('close', () => {
        timers.clearTimeout(timer);
        resolve();
      });
    });
  }
}
