/** Turns intervals into lines for people. Pure. */
import { type Interval, quantile } from './interval.ts';

const HEAD = ['route', 'req/s', 'p50', 'p99', 'errors/s'];
const NOTHING = '-';

/** Columns padded to equal width: the first to the left, the others to the right. */
export function align(rows: readonly (readonly string[])[]): string[] {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, index) => (index === 0 ? cell.padEnd(widths[index]!) : cell.padStart(widths[index]!)))
      .join('  ')
      .trimEnd(),
  );
}

/** One line per route under a head. Empty when nothing was asked. */
export function routeTable(interval: Interval): string[] {
  if (interval.routes.length === 0) return [];
  const rows = interval.routes.map((line) => [
    line.route,
    rate(line.requests, interval.seconds),
    time(quantile(0.5, line.buckets)),
    time(quantile(0.99, line.buckets)),
    line.errors > 0 ? rate(line.errors, interval.seconds) : NOTHING,
  ]);
  return align([HEAD, ...rows]);
}

/** The whole process on one line. */
export function processLine(interval: Interval): string {
  const parts = [
    `${rate(interval.requests, interval.seconds)} req/s`,
    `queue p99 ${time(quantile(0.99, interval.queue))}`,
    `loop ${percent(interval.active, interval.active + interval.idle)}`,
    `CPU ${percent(interval.cpu, interval.seconds)}`,
    `in flight ${Number.isNaN(interval.inFlight) ? NOTHING : interval.inFlight}`,
    `RSS ${megabytes(interval.rss)}`,
  ];
  return `process: ${parts.join(', ')}`;
}

/** `0.4 ms`, `32 ms`, `1.25 s`. */
export function time(seconds: number): string {
  if (!Number.isFinite(seconds)) return NOTHING;
  const ms = seconds * 1000;
  if (ms < 9.95) return `${ms.toFixed(1)} ms`;
  return ms < 999.5 ? `${ms.toFixed(0)} ms` : `${seconds.toFixed(2)} s`;
}

/** Events a second. */
export function rate(count: number, seconds: number): string {
  return seconds > 0 ? (count / seconds).toFixed(1) : NOTHING;
}

export function percent(part: number, whole: number): string {
  return whole > 0 ? `${((part / whole) * 100).toFixed(0)} %` : NOTHING;
}

/** Millions of bytes. */
export function megabytes(bytes: number): string {
  return Number.isFinite(bytes) ? `${(bytes / 1e6).toFixed(1)} MB` : NOTHING;
}
