/** Is this object a sampler as SPEC.md wants it? */

import { awake } from '../../conformance/awake.ts';
import type { Check, Finding } from '../../conformance/finding.ts';
import { reasonOf } from '../../errors.ts';
import type { HistogramPoint } from '../../snapshot/snapshot.ts';
import { readScope } from '../accept.ts';
import type { Sampler } from '../sampler.ts';
import { type Recorded, type Recording, record } from './recording.ts';

export interface SamplerCheckOptions {
  /** How often it is asked. Default: 4, at least 2. */
  readonly rounds?: number;
  /** Deadline of a round in ms. Default: 1000. */
  readonly timeout?: number;
  /** ms between rounds, in which late puts are waited for. Default: 20. */
  readonly pause?: number;
}

interface SamplerCheck extends Check {
  /** The offence in one sentence, or `undefined`. */
  judge(recording: Recording): string | undefined;
}

const SERIES_LIMIT = 2000;
const METRIC_LIMIT = 1000;
const BLOCK_MS = 50;
const SHOULD_MS = 1;
const SUFFIX = /[._](total|seconds|milliseconds|ms|bytes)$/i;
const SCALED = /^(ms|us|ns|min|h|d|[kKMGT]i?By|%)$/;

const SHAPE: Check = { section: '3.4', level: 'MUST', check: 'shape' };

const must = (section: string, check: string, judge: SamplerCheck['judge']): SamplerCheck => ({
  section,
  level: 'MUST',
  check,
  judge,
});
const should = (section: string, check: string, judge: SamplerCheck['judge']): SamplerCheck => ({
  ...must(section, check, judge),
  level: 'SHOULD',
});

const CHECKS: readonly SamplerCheck[] = [
  should('3.1', 'metric-names', ({ rounds }) => firstMetric(rounds, (name) => SUFFIX.test(name))),
  should('3.1', 'base-units', ({ rounds }) => firstMetric(rounds, (_name, unit) => SCALED.test(unit ?? ''))),
  should('3.1', 'constant-metrics', ({ rounds }) => changedObject(rounds)),
  must('3', 'valid-values', ({ rounds }) => first(rounds, (round) => round.refused[0])),
  must('4.1', 'each-series-once', ({ rounds }) => first(rounds, (round) => round.duplicates[0])),
  should('4.1', 'all-series-each-time', ({ rounds }) => pairwise(rounds, vanished)),
  must('4.2', 'cumulative', ({ rounds }) => pairwise(rounds, fallen)),
  must('4.3', 'does-not-block', ({ rounds }) => slow(rounds, BLOCK_MS)),
  should('4.3', 'returns-fast', ({ rounds }) => slow(rounds, SHOULD_MS)),
  must('4.4', 'settles', ({ rounds }) => first(rounds, (round) => (round.timedOut ? 'it did not settle' : undefined))),
  must('4.9', 'no-late-puts', ({ rounds }) => first(rounds, (round) => round.late && `${round.late} late puts`)),
  should('4.5', 'does-not-fail', ({ rounds }) => first(rounds, (round) => round.failure)),
  should('4.6', 'bounded-series', ({ rounds }) => first(rounds, tooManySeries)),
  must('4.6', 'bounded-metrics', ({ rounds }) =>
    first(rounds, (round) => round.given.size > METRIC_LIMIT && `${round.given.size} metrics`),
  ),
  must('4.7', 'start-and-stop', ({ lifecycle }) => lifecycle[0]),
];

/** Every check, in order. */
export const SAMPLER_CHECKS: readonly Check[] = [SHAPE, ...CHECKS];

/** Starts, asks and stops the sampler, away from any set. Resolves with all offences; never rejects. */
export async function checkSampler(sampler: Sampler, options: SamplerCheckOptions = {}): Promise<Finding[]> {
  const misshapen = badShape(sampler);
  if (misshapen !== undefined) return [{ ...SHAPE, found: misshapen }];
  const { rounds = 4, timeout = 1000, pause = 20 } = options;
  const recording = await awake(record(sampler, Math.max(2, rounds), timeout, pause));
  const findings: Finding[] = [];
  for (const { section, level, check, judge } of CHECKS) {
    const found = judge(recording);
    if (found) findings.push({ section, level, check, found });
  }
  return findings;
}

function badShape(sampler: unknown): string | undefined {
  try {
    if (readScope(sampler) === undefined) return 'it needs scope.name (1 to 255 characters) and sample()';
    const { start, startTime } = sampler as { start?: unknown; startTime?: unknown };
    if (start !== undefined && typeof start !== 'function') return 'start is no function';
    const epoch =
      startTime === undefined || (typeof startTime === 'number' && startTime > 0 && startTime <= Date.now());
    return epoch ? undefined : 'startTime is no time in the past';
  } catch (error) {
    return `reading it threw ${reasonOf(error)}`;
  }
}

function first(rounds: readonly Recorded[], look: (round: Recorded) => string | false | 0 | undefined) {
  for (const [i, round] of rounds.entries()) {
    const found = look(round);
    if (found) return `round ${i + 1}: ${found}`;
  }
  return undefined;
}

function pairwise(rounds: readonly Recorded[], look: (before: Recorded, after: Recorded) => string | undefined) {
  return first(rounds.slice(1), (round) => look(rounds[rounds.indexOf(round) - 1]!, round));
}

function firstMetric(rounds: readonly Recorded[], offends: (name: string, unit?: string) => boolean) {
  return first(rounds, (round) => {
    for (const { metric } of round.series.values())
      if (offends(metric.name, metric.unit)) return describeMetric(metric);
    return undefined;
  });
}

function describeMetric(metric: { name: string; unit?: string }): string {
  return metric.unit === undefined ? metric.name : `${metric.name} in ${metric.unit}`;
}

function changedObject(rounds: readonly Recorded[]): string | undefined {
  return pairwise(rounds, (before, after) => {
    for (const [name, given] of after.given) {
      if (before.given.has(name) && before.given.get(name) !== given) return `${name} is a new object each time`;
    }
    return undefined;
  });
}

function vanished(before: Recorded, after: Recorded): string | undefined {
  if (after.failure !== undefined || after.timedOut) return undefined;
  for (const key of before.series.keys()) if (!after.series.has(key)) return `${key} is missing`;
  return undefined;
}

function fallen(before: Recorded, after: Recorded): string | undefined {
  for (const [key, { metric, value }] of after.series) {
    const old = before.series.get(key)?.value;
    if (old !== undefined && falls(metric.kind, old, value)) return `${key} fell`;
  }
  return undefined;
}

function falls(kind: string, before: number | HistogramPoint, after: number | HistogramPoint): boolean {
  if (typeof before === 'object' && typeof after === 'object') {
    return Array.from(after.counts).some((count, i) => count < before.counts[i]!);
  }
  return kind === 'counter' && after < before;
}

/** The fastest round counts: one slow round may be the machine's fault. */
function slow(rounds: readonly Recorded[], limit: number): string | undefined {
  const fastest = Math.min(...rounds.map((round) => round.blocked));
  return fastest > limit ? `it took ${fastest.toFixed(1)} ms or more before it returned` : undefined;
}

function tooManySeries(round: Recorded): string | undefined {
  const count = new Map<string, number>();
  for (const { metric } of round.series.values()) count.set(metric.name, (count.get(metric.name) ?? 0) + 1);
  for (const [name, series] of count) if (series > SERIES_LIMIT) return `${name} has ${series} series`;
  return undefined;
}
