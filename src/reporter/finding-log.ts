/** Findings as lines on stderr: one when a finding opens, one when it is over, at a bounded rate. */
import { now } from '../clock.ts';
import type { LogLevel } from '../config.ts';
import type { Log } from '../log.ts';
import type { Finding } from './findings.ts';

/** Lines at once, and ms after which there may be one more. */
const BURST = 10;
const REFILL = 10_000;

/**
 * What `Findings` tells of each finding. Warnings and worse are said at levels `info` and `warn` when they open;
 * everything else (a finding that is over, or `info` itself) at level `info` only. Lines beyond the rate are counted, and
 * the next line says how many there were.
 *
 * @param level that of `log`: what it does not say does not count
 * @param clock ms, monotonic
 */
export function findingLog(log: Log, level: LogLevel, clock: () => number = now): (finding: Finding) => void {
  let tokens = BURST;
  let filled = clock();
  let left = 0;
  return (finding) => {
    const isWarning = finding.until === null && finding.severity !== 'info';
    if (!isWarning && level !== 'info') return;
    const time = clock();
    const fresh = Math.floor((time - filled) / REFILL);
    tokens = Math.min(BURST, tokens + fresh);
    filled += fresh * REFILL;
    if (tokens === 0) {
      left++;
      return;
    }
    tokens--;
    const more = left === 0 ? '' : ` (and ${left} more lines that were not said: see /findings)`;
    left = 0;
    const line = lineOf(finding) + more;
    if (isWarning) log.warn(line);
    else log.info(line);
  };
}

/** `warning: GET /x has been running for over 10 s [slow-request 3]` */
function lineOf({ id, kind, severity, title, worker, until }: Finding): string {
  const whose = worker === 'main' ? '' : ` in worker ${worker}`;
  return `${until === null ? severity : 'over'}: ${title}${whose} [${kind} ${id}]`;
}
