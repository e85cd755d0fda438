/** Numbers as people read them. Pure. */

/** What a number counts; `share` is 0 to 1, `rate` per second, `cores` CPU seconds per second. */
export type Unit = 'seconds' | 'bytes' | 'share' | 'rate' | 'cores' | 'count' | 'number';

/** What stands where nothing is known. */
export const NOTHING = '–';

/** Keeps a number and its unit on one line. */
const SPACE = '\u00a0';
const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;

/** `4.2 ms`, `310 MB`, `42 %`, `12.5/s`, `0.42 cores`; a dash for null. */
export function format(unit: Unit, value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NOTHING;
  return FORMATS[unit](value);
}

const FORMATS: Readonly<Record<Unit, (value: number) => string>> = {
  seconds: (value) => duration(value),
  bytes: (value) => bytes(value),
  share: (value) => `${figures(value * 100)}${SPACE}%`,
  rate: (value) => `${grouped(value)}/s`,
  cores: (value) => `${figures(value)}${SPACE}${Math.abs(value) === 1 ? 'core' : 'cores'}`,
  count: (value) => grouped(value),
  number: (value) => grouped(value),
};

/** Seconds: `800 µs`, `4.2 ms`, `1.5 s`, `3 min 12 s`, `2 h 5 min`, `3 d 4 h`. */
export function duration(seconds: number): string {
  const size = Math.abs(seconds);
  if (size === 0) return `0${SPACE}ms`;
  if (size < 0.000_999_5) return `${figures(seconds * 1e6)}${SPACE}µs`;
  if (size < 0.999_5) return `${figures(seconds * 1e3)}${SPACE}ms`;
  if (size < MINUTE) return `${figures(seconds)}${SPACE}s`;
  if (size < HOUR) return pair(seconds, MINUTE, 'min', 1, 's');
  if (size < DAY) return pair(seconds, HOUR, 'h', MINUTE, 'min');
  return pair(seconds, DAY, 'd', HOUR, 'h');
}

function pair(value: number, major: number, majorName: string, minor: number, minorName: string): string {
  const whole = Math.floor(value / major);
  const rest = Math.floor((value - whole * major) / minor);
  const first = `${whole}${SPACE}${majorName}`;
  return rest === 0 ? first : `${first}${SPACE}${rest}${SPACE}${minorName}`;
}

const BYTES = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** Steps of 1000, as the verdict has them: `310 MB`. */
export function bytes(value: number): string {
  let size = value;
  let at = 0;
  while (Math.abs(size) >= 999.5 && at < BYTES.length - 1) {
    size /= 1000;
    at++;
  }
  return `${figures(size)}${SPACE}${BYTES[at]}`;
}

/** Three figures at most below a thousand: `0.042`, `4.2`, `42.5`, `423`. */
export function figures(value: number): string {
  const size = Math.abs(value);
  if (size >= 100 || value === 0) return String(Math.round(value));
  if (size >= 10) return trimmed(value.toFixed(1));
  if (size >= 1) return trimmed(value.toFixed(size < 9.95 ? 1 : 0));
  return trimmed(value.toFixed(size < 0.001 ? 4 : size < 0.01 ? 3 : 2));
}

function trimmed(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

/** `1,234,567`, `12.5`, `1.2e15`. */
function grouped(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e15 || (size > 0 && size < 1e-4)) return value.toExponential(1);
  if (size < 1000) return figures(value);
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** A metric's number by its UCUM unit. A counter is shown as its rate. */
export function formatMetric(unit: string, value: number | null, isRate = false): string {
  if (value === null) return NOTHING;
  if (unit === 's') return isRate ? `${format('seconds', value)}/s` : format('seconds', value);
  if (unit === 'By') return isRate ? `${format('bytes', value)}/s` : format('bytes', value);
  const word = unit === '1' || unit === '' ? '' : `${SPACE}${unit.replace(/^\{(.*)\}$/, '$1')}`;
  return `${grouped(value)}${word}${isRate ? '/s' : ''}`;
}

/** How the axis of a metric's chart is written. */
export function unitOf(unit: string, isRate = false): Unit {
  if (isRate) return 'rate';
  return unit === 's' ? 'seconds' : unit === 'By' ? 'bytes' : 'number';
}

const TIME = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});
const SHORT_TIME = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const DATE = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });

/** Local time of epoch ms: `10:42:11`. */
export function clock(time: number): string {
  return TIME.format(time);
}

/** `10:42`. */
export function shortClock(time: number): string {
  return SHORT_TIME.format(time);
}

/** With the day where it is not that of `now`: `20 Nov, 10:42:11`. */
export function moment(time: number, now: number): string {
  const isToday = new Date(time).toDateString() === new Date(now).toDateString();
  return isToday ? clock(time) : `${DATE.format(time)}, ${clock(time)}`;
}
