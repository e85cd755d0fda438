/** What the waiting app answers, and what it tells of the way to it. */
import type { Waited } from '../fixtures/waiting-app.ts';
import type { Answer } from './load.ts';

/** Throws when the app did not answer. */
export function waited({ status, body }: Answer): Waited {
  if (status !== 200) throw new Error(`${status}: ${body}`);
  return JSON.parse(body) as Waited;
}

/** Seconds from the front end's stamp to the handler's call, by the clocks of these two: busy machines delay both ends. */
export function queued({ stamp, called }: Waited): number {
  const digits = stamp!.slice('t='.length);
  return called / 1000 - (digits.includes('.') ? Number(digits) : Number(digits) / 1e6);
}
