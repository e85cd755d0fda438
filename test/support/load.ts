/** A load whose truth is known: open loop, so that a slow answer delays no other request. */
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Answer {
  readonly status: number;
  readonly body: string;
  /** ms from the first byte sent to the last one received. */
  readonly latency: number;
}

export interface LoadOptions {
  /** Requests per second. */
  readonly rate: number;
  readonly count: number;
  /** The URL of request number `index`. */
  url(index: number): string;
}

/** One GET. Rejects when the connection fails. */
export function get(url: string, headers: Record<string, string> = {}, agent?: Agent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const sent = request(url, { headers, agent }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        body += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode!, body, latency: performance.now() - start }));
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end();
  });
}

/** Sends each request at its time on an absolute schedule, so that lateness does not add up. Resolves with all answers. */
export async function openLoop({ rate, count, url }: LoadOptions): Promise<readonly Answer[]> {
  const agent = new Agent({ keepAlive: true });
  const start = performance.now();
  const answers: Promise<Answer>[] = [];
  for (let index = 0; index < count; index++) {
    const wait = start + (index * 1000) / rate - performance.now();
    if (wait > 0) await sleep(wait);
    answers.push(get(url(index), {}, agent));
  }
  const done = await Promise.all(answers);
  agent.destroy();
  return done;
}

/** The smallest value that `share` of all values do not exceed (nearest rank). */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
