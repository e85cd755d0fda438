/** What the shop's routes do with their time: wait without the CPU, or keep it busy. */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves after `ms` milliseconds, spread by up to a fifth either way, as a database would. */
export async function query(ms: number): Promise<void> {
  await sleep(ms * (0.8 + Math.random() * 0.4));
}

/** Keeps the event loop busy for about `ms` milliseconds; returns a digest so that the work is not for nothing. */
export function compute(ms: number, seed: string): string {
  const end = performance.now() + ms;
  let digest = seed;
  while (performance.now() < end) digest = createHash('sha256').update(digest).digest('hex');
  return digest;
}
