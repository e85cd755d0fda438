/** One HTTP request to a Pushgateway, and when it is worth another one. */
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Call {
  readonly method: 'PUT' | 'DELETE';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  /** ms for one attempt. */
  readonly timeout: number;
}

/** A refusal that stands however often it is asked. */
export class Refused extends Error {}

/** Characters of a server's message that are kept. */
const MESSAGE_LIMIT = 500;
/** ms before the second attempt; doubled for each further one, up to the limit, and shortened by up to a half. */
const FIRST_PAUSE = 200;
const LONGEST_PAUSE = 5000;

/**
 * Resolves when the server has accepted; repeats on a broken connection and on 5xx until the signal aborts.
 *
 * @throws Refused with the server's own message for any other status; Error with the last failure when time is up.
 */
export async function deliver(call: Call, signal: AbortSignal): Promise<void> {
  let problem = 'no answer in time';
  for (let pause = FIRST_PAUSE; !signal.aborted; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
    try {
      return await attempt(call, signal);
    } catch (error) {
      if (error instanceof Refused) throw error;
      if (!signal.aborted) problem = (error as Error).message;
    }
    await rest(pause * (1 - Math.random() / 2), signal);
  }
  throw new Error(`${call.method} ${call.url}: ${problem}`);
}

/** Ends early, without an error, when the signal aborts. */
async function rest(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal, ref: false }).catch(() => undefined);
}

async function attempt(call: Call, signal: AbortSignal): Promise<void> {
  const { status, message } = await send(call, signal);
  if (status >= 200 && status < 300) return;
  const line = `the Pushgateway answered ${status}${message && ` (${message})`}`;
  throw status >= 500 ? new Error(line) : new Refused(`${call.method} ${call.url}: ${line}`);
}

function send(call: Call, signal: AbortSignal): Promise<{ status: number; message: string }> {
  const { method, url, headers, body, timeout } = call;
  const late = AbortSignal.timeout(timeout);
  const request = url.startsWith('https:') ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => reject(late.aborted ? new Error(`no answer within ${timeout} ms`) : error);
    const outgoing = request(
      url,
      {
        method,
        headers: { ...headers, 'Content-Length': String(body?.length ?? 0) },
        agent: false,
        signal: AbortSignal.any([signal, late]),
      },
      (response) => {
        let message = '';
        response.setEncoding('utf8');
        response.on('data', (text: string) => {
          if (message.length < MESSAGE_LIMIT) message += text;
        });
        response.on('error', fail);
        response.on('close', () => {
          if (!response.complete) return fail(new Error('the connection broke during the answer'));
          resolve({
            status: response.statusCode!,
            message: message.slice(0, MESSAGE_LIMIT).replace(/\s+/g, ' ').trim(),
          });
        });
      },
    );
    outgoing.on('error', fail);
    outgoing.end(body);
  });
}
