/** What a whole run says, in a table and a few sentences. Pure. */
import { burner } from './attribution.ts';
import { type Interval, quantile } from './interval.ts';
import type { Tally } from './load.ts';
import { percent, processLine, rate, routeTable, time } from './table.ts';

export interface Run {
  readonly tally: Readonly<Tally>;
  /** Seconds for which requests were started. */
  readonly seconds: number;
  /** First scrape to last. */
  readonly whole: Interval;
  /** Scrape to scrape. */
  readonly intervals: readonly Interval[];
}

export function summary({ tally, seconds, whole, intervals }: Run): string[] {
  return [
    `summary of ${whole.seconds.toFixed(1)} s`,
    ...routeTable(whole),
    processLine(whole),
    '',
    ...sentences(whole, intervals),
    `Clients sent ${tally.sent} requests (${rate(tally.sent, seconds)}/s): ${tally.ok} ok, ` +
      `${tally.refused} refused (4xx), ${tally.failed} failed (5xx), ${tally.aborted} given up, ${tally.broken} broken.`,
  ];
}

function sentences(whole: Interval, intervals: readonly Interval[]): string[] {
  return [loopSentence(whole, intervals), queueSentence(whole), inFlightSentence(whole)].filter((text) => text !== '');
}

function loopSentence(whole: Interval, intervals: readonly Interval[]): string {
  if (whole.active + whole.idle <= 0) return '';
  const busy = `The event loop was busy ${percent(whole.active, whole.active + whole.idle)} of the time`;
  const worst = burner(intervals);
  if (!worst) return `${busy}.`;
  return `${busy}; about ${percent(worst.share, 1)} of that rises and falls with ${worst.route} (about ${time(worst.cost)} each).`;
}

function queueSentence({ queue }: Interval): string {
  const median = quantile(0.5, queue);
  if (Number.isNaN(median)) return '';
  const tail = quantile(0.99, queue);
  return `Between the front end and the app a request waited ${time(median)} (p50), ${time(tail)} (p99).`;
}

function inFlightSentence({ routes, seconds }: Interval): string {
  const all = routes.reduce((sum, line) => sum + line.time, 0);
  const longest = [...routes].sort((a, b) => b.time - a.time)[0];
  if (!longest || seconds <= 0) return '';
  const open = `On average ${(all / seconds).toFixed(1)} requests were in flight`;
  return `${open}, ${percent(longest.time, all)} of that time in ${longest.route}.`;
}
