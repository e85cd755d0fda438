/**
 * One TCP connection to carbon at a time, which takes lines from the spool and never gives an answer.
 *
 * The protocol acknowledges nothing, and the kernel takes a lot for a peer that reads nothing. So the connection is
 * ended half a minute, or a mebibyte, after its first line: a peer that has read everything ends its side too. One that
 * does not within the deadline has not read, and what it was sent waits again, as after every other break.
 */
import { connect, type Socket } from 'node:net';
import { backoff } from './graphite-backoff.ts';
import { Pace } from './graphite-pace.ts';
import type { Spool } from './graphite-spool.ts';

/** Something that empties the spool. Nothing here throws. */
export interface Sender {
  /** There may be something to send. */
  wake(): void;
  /** Sends what waits, without pace, until the signal aborts. What is left then stays in the spool. Idempotent. */
  close(signal: AbortSignal): Promise<void>;
}

export interface ConnectionOptions {
  readonly host: string;
  readonly port: number;
  readonly spool: Spool;
  log(line: string): void;
  readonly deadlines?: Deadlines;
}

/** All in ms. */
export interface Deadlines {
  readonly connect: number;
  /** For the peer to make room. */
  readonly write: number;
  /** From the first line on a connection to its end. Together with `confirm` less than the time for which lines are kept. */
  readonly rotate: number;
  /** From our end to the peer's. */
  readonly confirm: number;
}

export const DEADLINES: Deadlines = { connect: 5000, write: 10_000, rotate: 30_000, confirm: 20_000 };

/** Bytes on one connection: few enough for a slow peer to read them within `confirm`. */
const ROTATE_BYTES = 1024 * 1024;
/** ms between two attempts while closing. */
const CLOSING_RETRY = 100;
/** ms for which a connection must have lasted to count as a success. */
const LASTING = 5000;

type State = 'down' | 'connecting' | 'up' | 'confirming' | 'over';

export class Connection implements Sender {
  readonly #options: ConnectionOptions;
  readonly #deadlines: Deadlines;
  readonly #pace = new Pace(() => performance.now());
  #state: State = 'down';
  #socket: Socket | undefined;
  /** In `down`: the next attempt. In every other state: its deadline. */
  #timer: NodeJS.Timeout | undefined;
  #paceTimer: NodeJS.Timeout | undefined;
  #rotateTimer: NodeJS.Timeout | undefined;
  #isFull = false;
  /** Bytes on this connection. */
  #written = 0;
  #failures = 0;
  #upSince = 0;
  #closed: Promise<void> | undefined;
  #onOver: (() => void) | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#deadlines = options.deadlines ?? DEADLINES;
  }

  wake(): void {
    if (this.#state === 'down' && this.#timer === undefined) this.#connect();
    else if (this.#state === 'up') this.#send();
  }

  close(signal: AbortSignal): Promise<void> {
    this.#closed ??= new Promise((resolve) => {
      this.#onOver = resolve;
      signal.addEventListener('abort', () => this.#finish(), { once: true });
      this.#socket?.ref();
      if (signal.aborted) this.#finish();
      else if (this.#state === 'down') this.#retryOrFinish();
      else if (this.#state === 'up') this.#send();
    });
    return this.#closed;
  }

  #connect(): void {
    const { host, port } = this.#options;
    this.#state = 'connecting';
    const socket = connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 15_000 });
    this.#socket = socket;
    if (!this.#onOver) socket.unref();
    socket.once('connect', () => this.#connected());
    socket.on('error', (error) => this.#broken(socket, error.message));
    socket.once('end', () => {
      if (this.#state !== 'confirming') this.#broken(socket, 'it ended the connection');
    });
    socket.once('close', () => this.#gone(socket));
    socket.on('drain', () => this.#drained());
    // Carbon says nothing; what a peer says all the same is read and forgotten, and so its end is seen.
    socket.resume();
    this.#setDeadline(this.#deadlines.connect, 'connecting');
  }

  #connected(): void {
    this.#state = 'up';
    this.#upSince = performance.now();
    this.#clearTimer();
    this.#send();
  }

  #send(): void {
    const { spool } = this.#options;
    while (this.#state === 'up' && !this.#isFull && spool.isWaiting) {
      if (this.#written >= ROTATE_BYTES) {
        this.#confirm();
        return;
      }
      const wait = this.#onOver ? 0 : this.#pace.wait();
      if (wait > 0) {
        this.#sendLater(wait);
        return;
      }
      this.#writeNext(this.#socket!);
    }
    if (this.#onOver && this.#state === 'up' && !this.#isFull) this.#confirm();
  }

  #sendLater(wait: number): void {
    this.#paceTimer ??= later(wait, () => {
      this.#paceTimer = undefined;
      this.#send();
    });
  }

  #writeNext(socket: Socket): void {
    const { spool } = this.#options;
    const chunk = spool.take();
    if (chunk === undefined) return;
    this.#pace.spend(chunk.bytes.length);
    this.#written += chunk.bytes.length;
    this.#rotateTimer ??= later(this.#deadlines.rotate, () => this.#confirm());
    this.#isFull = !socket.write(chunk.bytes, (error) => {
      if (!error && socket === this.#socket) spool.sent(chunk);
    });
    if (this.#isFull) this.#setDeadline(this.#deadlines.write, 'reading');
  }

  #drained(): void {
    this.#isFull = false;
    this.#clearTimer();
    this.#send();
  }

  /** Ends our side. The peer's end says that it has read everything. */
  #confirm(): void {
    if (this.#state !== 'up') return;
    this.#state = 'confirming';
    this.#clearTimers();
    this.#socket!.end();
    this.#setDeadline(this.#deadlines.confirm, 'reading');
  }

  #setDeadline(deadline: number, what: string): void {
    this.#clearTimer();
    const socket = this.#socket!;
    this.#timer = later(deadline, () => this.#broken(socket, `no sign of ${what} in ${deadline / 1000} s`));
  }

  /** The socket closed in good order: confirmed, if it was asked to. */
  #gone(socket: Socket): void {
    if (socket !== this.#socket) return;
    if (this.#state !== 'confirming') {
      this.#broken(socket, 'the connection closed');
      return;
    }
    this.#forget();
    this.#failures = 0;
    if (this.#onOver) this.#retryOrFinish();
    // At once: a connection is how the death of carbon is seen, which loses what it has not written yet.
    else this.#connect();
  }

  #broken(socket: Socket, reason: string): void {
    if (socket !== this.#socket) return;
    const { host, port, spool, log } = this.#options;
    const lasted = this.#state !== 'connecting' && performance.now() - this.#upSince >= LASTING;
    this.#forget();
    drop(socket);
    spool.rewind();
    this.#failures = lasted ? 1 : this.#failures + 1;
    log(`graphite: ${host}:${port} is not reached (${reason}); lines are kept and sent later`);
    if (this.#onOver) this.#retryOrFinish();
    else if (spool.isWaiting) this.#retry(backoff(this.#failures));
  }

  /** While closing. */
  #retryOrFinish(): void {
    this.#clearTimer();
    if (this.#options.spool.isWaiting) this.#retry(this.#failures === 0 ? 0 : CLOSING_RETRY);
    else this.#finish();
  }

  #retry(delay: number): void {
    this.#timer = later(delay, () => {
      this.#timer = undefined;
      this.#connect();
    });
    if (this.#onOver) this.#timer.ref();
  }

  #forget(): void {
    this.#clearTimers();
    this.#socket = undefined;
    this.#isFull = false;
    this.#written = 0;
    this.#state = 'down';
  }

  #finish(): void {
    this.#clearTimers();
    this.#state = 'over';
    if (this.#socket) drop(this.#socket);
    this.#socket = undefined;
    this.#onOver!();
  }

  #clearTimers(): void {
    this.#clearTimer();
    clearTimeout(this.#paceTimer);
    clearTimeout(this.#rotateTimer);
    this.#paceTimer = undefined;
    this.#rotateTimer = undefined;
  }

  #clearTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

/**
 * With bytes still to be written, the kernel may have half a line. An ordinary end would deliver it, and receivers that
 * read a last line without its newline (VictoriaMetrics) would store a value or a time that was cut short.
 */
function drop(socket: Socket): void {
  if (socket.writableLength > 0) socket.resetAndDestroy();
  else socket.destroy();
}

function later(delay: number, run: () => void): NodeJS.Timeout {
  return setTimeout(run, delay).unref();
}
