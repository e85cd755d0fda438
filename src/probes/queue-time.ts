/**
 * How long a request waited in front of the app, from the time that a front end stamped into `X-Request-Start` or
 * `X-Queue-Start`. Pure.
 */

/** Not a time in one of the four known units. */
export const INVALID = -1;
/** Stamped more than 1 ms in the future: the clocks of the two hosts disagree. */
export const SKEWED = -2;
/** Stamped more than ten minutes ago: a replayed or forged header, or a clock that is far off. */
export const ABSURD = -3;

/** The value of the `reason` attribute for each verdict that is not a time. */
export const QUEUE_REASONS: { readonly [verdict: number]: 'invalid' | 'skewed' | 'absurd' } = Object.freeze({
  [INVALID]: 'invalid',
  [SKEWED]: 'skewed',
  [ABSURD]: 'absurd',
});

/** Characters; no front end writes half as many. Longer text is refused before any of it is looked at. */
const LONGEST_HEADER = 64;
const MOST_SECONDS_AHEAD = 0.001;
const MOST_SECONDS_AGO = 600;
/** A fraction of a second below a nanosecond is noise. */
const FRACTION_DIGITS = 9;
const STAMP = /^(\d+)(?:\.(\d+))?$/;

/**
 * Seconds (0 or more) from the stamp to `nowEpochMs`, or one of the negative verdicts above. Never throws, allocates
 * no object that outlives the call, and does bounded work whatever the header holds.
 *
 * Understood: an optional `t=` or `ts=`, the first comma-separated part, an optional trailing ` D=…` (Apache); then
 * digits with an optional fraction, where 10 integer digits are seconds, 13 milliseconds, 16 microseconds and
 * 19 nanoseconds since the epoch. Anything else is `INVALID`.
 */
export function parseQueueStart(header: string, nowEpochMs: number): number {
  if (header.length > LONGEST_HEADER) return INVALID;
  const stamp = STAMP.exec(bareStamp(header));
  if (stamp === null) return INVALID;
  const seconds = secondsBetween(stamp[1]!, stamp[2] ?? '', nowEpochMs);
  if (Number.isNaN(seconds)) return INVALID;
  if (seconds > MOST_SECONDS_AGO) return ABSURD;
  if (seconds >= 0) return seconds;
  return seconds < -MOST_SECONDS_AHEAD ? SKEWED : 0;
}

function bareStamp(header: string): string {
  const comma = header.indexOf(',');
  let text = (comma < 0 ? header : header.slice(0, comma)).trim();
  if (text.startsWith('t=')) text = text.slice(2);
  else if (text.startsWith('ts=')) text = text.slice(3);
  const duration = text.indexOf(' D=');
  return duration < 0 ? text : text.slice(0, duration);
}

/**
 * `now - stamp` in seconds, NaN for an unknown unit. Whole seconds and the rest are subtracted apart: one double
 * cannot hold an epoch in nanoseconds, and holds one in seconds to 0.2 µs only.
 */
function secondsBetween(integer: string, fraction: string, nowEpochMs: number): number {
  if (integer.length !== 10 && integer.length !== 13 && integer.length !== 16 && integer.length !== 19)
    return Number.NaN;
  const stampSeconds = Number(integer.slice(0, 10));
  const stampRest = Number(`0.${(integer.slice(10) + fraction).slice(0, FRACTION_DIGITS)}`);
  const nowSeconds = Math.floor(nowEpochMs / 1000);
  const nowRest = (nowEpochMs - nowSeconds * 1000) / 1000;
  return nowSeconds - stampSeconds + (nowRest - stampRest);
}
