/** Numbers as people read them, in few columns; `-` for what is not known. ASCII. Pure. */

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Of s: `0.4ms`, `23ms`, `1.9s`, `42s`, `3m12s`, `5h07m`, `12d3h`. At most 6 columns. */
export function time(seconds: number | null): string {
  if (seconds === null || !Number.isFinite(seconds)) return '-';
  if (seconds < 0.0005) return seconds <= 0 ? '0' : '<1ms';
  if (seconds < 0.00995) return `${(seconds * 1000).toFixed(1)}ms`;
  if (seconds < 0.9995) return `${Math.round(seconds * 1000)}ms`;
  if (seconds < 9.95) return `${seconds.toFixed(1)}s`;
  const whole = Math.round(seconds);
  if (whole < 100) return `${whole}s`;
  if (whole < HOUR) return `${Math.floor(whole / MINUTE)}m${two(whole % MINUTE)}s`;
  if (whole < DAY) return `${Math.floor(whole / HOUR)}h${two(Math.floor((whole % HOUR) / MINUTE))}m`;
  const days = Math.floor(whole / DAY);
  return days < 100 ? `${days}d${Math.floor((whole % DAY) / HOUR)}h` : `${days}d`;
}

/** Per second, or a count: `0`, `0.04`, `7.8`, `312`, `12.3k`, `123k`, `4.6M`. At most 5 columns. */
export function amount(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return '-';
  if (value === 0) return '0';
  if (value < 0.005) return '<.01';
  if (value < 9.95) return Number.isInteger(value) ? String(value) : value.toFixed(value < 0.995 ? 2 : 1);
  if (value < 9999.5) return String(Math.round(value));
  return value < 999_500 ? scaled(value / 1e3, 'k') : scaled(value / 1e6, 'M');
}

function scaled(value: number, unit: string): string {
  return value.toFixed(value < 99.95 ? 1 : 0) + unit;
}

/** Of a share: `42%`, `<1%`, `130%`. */
export function percent(share: number | null): string {
  if (share === null || !Number.isFinite(share)) return '-';
  return share > 0 && share < 0.005 ? '<1%' : `${Math.round(share * 100)}%`;
}

/** Powers of 1000: `98M`, `1.3G`. */
export function bytes(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return '-';
  if (value < 1e6) return `${Math.round(value / 1e3)}k`;
  if (value < 999.5e6) return `${Math.round(value / 1e6)}M`;
  return value < 999.95e9 ? `${(value / 1e9).toFixed(1)}G` : `${(value / 1e12).toFixed(1)}T`;
}

/** Cores: `0.13`. */
export function cores(value: number | null): string {
  return value === null || !Number.isFinite(value) ? '-' : value.toFixed(2);
}

/** Local time of epoch ms: `10:29:35`. */
export function clock(epoch: number): string {
  const date = new Date(epoch);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
