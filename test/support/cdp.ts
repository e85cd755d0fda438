/** A debugger's client: as much of the Chrome DevTools Protocol over WebSocket (RFC 6455) as a debugger needs. */
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';

export interface CdpEvent {
  readonly method: string;
  readonly params: Record<string, unknown>;
}

export class CdpClient {
  /** Everything that was not an answer, in order. */
  readonly events: CdpEvent[] = [];
  readonly #socket: Socket;
  readonly #answers = new Map<number, (result: unknown) => void>();
  #next = 1;
  #bytes: Buffer = Buffer.alloc(0);

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk) => this.#take(chunk));
  }

  /** `url`: as Node prints it, `ws://127.0.0.1:9229/…`. */
  static async connect(url: string): Promise<CdpClient> {
    const { hostname, port, pathname, host } = new URL(url);
    const socket = connect(Number(port), hostname);
    socket.on('error', () => socket.destroy());
    const key = randomBytes(16).toString('base64');
    const lines = [`GET ${pathname} HTTP/1.1`, `Host: ${host}`, 'Upgrade: websocket', 'Connection: Upgrade'];
    socket.write([...lines, `Sec-WebSocket-Key: ${key}`, 'Sec-WebSocket-Version: 13', '', ''].join('\r\n'));
    await new Promise<void>((resolve, reject) => {
      socket.once('close', () => reject(new Error(`no debugger at ${url}`)));
      socket.once('data', () => resolve());
    });
    return new CdpClient(socket);
  }

  send(method: string, params: object = {}): Promise<unknown> {
    const id = this.#next++;
    this.#write(JSON.stringify({ id, method, params }));
    return new Promise((resolve) => this.#answers.set(id, resolve));
  }

  /** Events of one kind so far. */
  of(method: string): CdpEvent[] {
    return this.events.filter((event) => event.method === method);
  }

  close(): void {
    this.#socket.destroy();
  }

  #write(text: string): void {
    const payload = Buffer.from(text);
    const mask = randomBytes(4);
    const head = payload.length < 126 ? Buffer.from([0x81, 0x80 | payload.length]) : Buffer.alloc(4);
    if (payload.length >= 126) {
      head[0] = 0x81;
      head[1] = 0x80 | 126;
      head.writeUInt16BE(payload.length, 2);
    }
    this.#socket.write(Buffer.concat([head, mask, payload.map((byte, i) => byte ^ mask[i % 4]!)]));
  }

  #take(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    for (let frame = this.#frame(); frame !== undefined; frame = this.#frame()) {
      const { id, result, ...event } = JSON.parse(frame) as { id?: number; result?: unknown } & CdpEvent;
      if (id === undefined) this.events.push(event);
      else this.#answers.get(id)?.(result);
    }
  }

  /** The next whole message; Node sends each in one frame, unmasked. */
  #frame(): string | undefined {
    const bytes = this.#bytes;
    if (bytes.length < 2) return undefined;
    const short = bytes[1]! & 0x7f;
    const head = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (bytes.length < head) return undefined;
    const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
    if (bytes.length < head + length) return undefined;
    this.#bytes = bytes.subarray(head + length);
    return bytes.toString('utf8', head, head + length);
  }
}
