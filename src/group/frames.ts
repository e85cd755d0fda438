/**
 * Frames on a stream: `u32 length, u32 length of the head, head (JSON), body (bytes)`, big-endian; `length` counts what
 * follows it. A head is read by everybody; a body can be kept and passed on without being read.
 */

/** Bytes of one frame, its length left out. */
export const FRAME_LIMIT = 16 * 1024 * 1024;
const HEAD_LIMIT = 1024 * 1024;
const EMPTY = Buffer.alloc(0);

/** @throws RangeError when it would be longer than a reader takes. */
export function toFrame(head: object, body: Buffer = EMPTY): Buffer {
  const text = Buffer.from(JSON.stringify(head));
  const length = 4 + text.length + body.length;
  if (length > FRAME_LIMIT || text.length > HEAD_LIMIT) throw new RangeError(`a frame of ${length} bytes`);
  const lengths = Buffer.alloc(8);
  lengths.writeUInt32BE(length, 0);
  lengths.writeUInt32BE(text.length, 4);
  return Buffer.concat([lengths, text, body]);
}

/** Puts chunks together. Holds no more than one frame and one chunk. */
export class FrameReader {
  readonly #onFrame: (head: unknown, body: Buffer) => void;
  readonly #limit: () => number;
  #chunks: Buffer[] = [];
  #bytes = 0;

  /** @param limit bytes that a frame may have at this moment: little until the peer has said who it is */
  constructor(onFrame: (head: unknown, body: Buffer) => void, limit: () => number = () => FRAME_LIMIT) {
    this.#onFrame = onFrame;
    this.#limit = limit;
  }

  /** @throws Error when the stream is not made of frames; it cannot be read on then. */
  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    while (this.#bytes >= 4) {
      const length = this.#peek(4).readUInt32BE(0);
      if (length < 4 || length > this.#limit()) throw new Error(`a frame of ${length} bytes`);
      if (this.#bytes < 4 + length) return;
      this.#take(this.#peek(4 + length).subarray(4, 4 + length));
    }
  }

  #take(frame: Buffer): void {
    const rest = this.#chunks[0]!.subarray(4 + frame.length);
    this.#chunks[0] = rest;
    this.#bytes -= 4 + frame.length;
    const headLength = frame.readUInt32BE(0);
    if (headLength > Math.min(HEAD_LIMIT, frame.length - 4)) throw new Error(`a head of ${headLength} bytes`);
    this.#onFrame(JSON.parse(frame.toString('utf8', 4, 4 + headLength)), frame.subarray(4 + headLength));
  }

  /** The first bytes in one piece, which becomes the first chunk. */
  #peek(length: number): Buffer {
    if (this.#chunks[0]!.length < length) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0]!;
  }
}
