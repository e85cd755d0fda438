/** One GET over HTTP: bounded in time and size, no redirect is followed. */
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';

export interface Got {
  readonly status: number;
  readonly text: string;
}

/** Bytes of an answer. The largest that the agent gives has 500 routes or 200 findings. */
const MAX_BYTES = 32_000_000;

/**
 * Rejects with the socket's error, with `Late` when it is not over in `patience` ms, and when the answer is cut off or too
 * large. Holds nobody up who ends the process.
 */
export function get(url: string, headers: Record<string, string>, patience: number): Promise<Got> {
  return new Promise((resolve, reject) => {
    const request = url.startsWith('https:') ? httpsRequest(url, { headers }) : httpRequest(url, { headers });
    const timer = setTimeout(() => request.destroy(new Late()), patience);
    request
      .once('response', (response) => read(request, response).then(resolve, reject))
      .on('error', reject)
      .once('close', () => clearTimeout(timer))
      .end();
  });
}

/** There was no whole answer in time. */
export class Late extends Error {}

async function read(request: ClientRequest, response: IncomingMessage): Promise<Got> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of response as AsyncIterable<Buffer>) {
    size += piece.length;
    if (size > MAX_BYTES) {
      request.destroy();
      throw new Error(`its answer has over ${MAX_BYTES / 1e6} MB`);
    }
    pieces.push(piece);
  }
  return { status: response.statusCode!, text: Buffer.concat(pieces).toString('utf8') };
}
