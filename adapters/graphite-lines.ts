/** From a snapshot of one interval to the lines of the plaintext protocol. Pure. */
import type { Attributes, Metric } from '../src/snapshot/metric.ts';
import type { HistogramPoint, MetricSnapshot, Point, Snapshot } from '../src/snapshot/snapshot.ts';
import { statistics } from './graphite-histogram.ts';
import type { Naming } from './graphite-names.ts';
import { decimal } from './graphite-number.ts';
import { addValues, isUsable } from './graphite-values.ts';

/** Whole lines of whole points. */
export interface Piece {
  /** ASCII; each line ends in a newline. */
  readonly text: string;
  readonly points: number;
}

/** Points of one metric that were left out. */
export interface Refusal {
  readonly metric: string;
  readonly reason: string;
  points: number;
}

export interface Lines {
  readonly pieces: readonly Piece[];
  readonly refusals: readonly Refusal[];
}

interface Series {
  readonly metric: Metric;
  readonly head: string;
  readonly tail: string;
  /** ms that the value took to come. */
  readonly elapsed: number;
  value: Point['value'];
  /** How many points of the snapshot are in it. */
  points: number;
}

/** Characters. Larger writes gain nothing, and this is what waits outside the spool's account. */
const PIECE = 16_384;
/** Characters. Carbon hangs up at a line of 16384; a path of files has 4096 bytes. */
const LONGEST_NAME = 3500;
/** Last nodes that counters and histograms make, which a gauge may be called too. */
const MADE_NODE = /\.(?:count|rate|mean|p50|p90|p99|max)$/;

/**
 * Lines in the snapshot's order, all with one timestamp. Series that get one name add up (gauges of several scopes get
 * their scope as an attribute); a series whose name belongs to another metric is left out. `timestamp`: epoch s.
 */
export function toLines(snapshot: Snapshot, naming: Naming, timestamp: number): Lines {
  const series = new Map<string, Series>();
  const refusals = new Map<string, Refusal>();
  const refuse = (metric: string, reason: string, points: number) => {
    const known = refusals.get(metric + reason);
    if (known === undefined) refusals.set(metric + reason, { metric, reason, points });
    else known.points += points;
  };
  const shared = sharedGauges(snapshot.metrics);
  for (const one of snapshot.metrics) {
    for (const point of one.points) {
      const attributes = shared.has(one.metric.name) ? withScope(one, point) : point.attributes;
      const problem = addPoint(series, one.metric, attributes, point, snapshot.time - point.startTime, naming);
      if (problem !== undefined) refuse(one.metric.name, problem, 1);
    }
  }
  return { pieces: piecesOf(series, timestamp, refuse), refusals: [...refusals.values()] };
}

/** Gauges never add up: names that several scopes have. */
function sharedGauges(metrics: readonly MetricSnapshot[]): Set<string> {
  const scopes = new Map<string, string>();
  const shared = new Set<string>();
  for (const { metric, scope } of metrics) {
    if (metric.kind !== 'gauge') continue;
    if ((scopes.get(metric.name) ?? scope.name) !== scope.name) shared.add(metric.name);
    scopes.set(metric.name, scope.name);
  }
  return shared;
}

function withScope({ scope }: MetricSnapshot, { attributes }: Point): Attributes {
  return { ...attributes, 'otel.scope.name': scope.name };
}

/** What kept the point out, `undefined` when it is in. */
function addPoint(
  series: Map<string, Series>,
  metric: Metric,
  attributes: Attributes,
  { value }: Point,
  elapsed: number,
  naming: Naming,
): string | undefined {
  if (!isUsable(metric, value)) return 'its value is not valid for its kind';
  const { head, tail } = naming(metric, attributes);
  if (head.length + tail.length > LONGEST_NAME) return `its name has over ${LONGEST_NAME} characters`;
  const known = series.get(head + tail);
  if (known === undefined) {
    series.set(head + tail, { metric, head, tail, elapsed, value, points: 1 });
    return undefined;
  }
  const sum = addValues(known.metric, known.value, metric, value);
  if (sum === undefined) return `its Graphite name belongs to another series (${head})`;
  known.value = sum;
  known.points++;
  return undefined;
}

function piecesOf(
  series: ReadonlyMap<string, Series>,
  timestamp: number,
  refuse: (metric: string, reason: string, points: number) => void,
): Piece[] {
  const pieces: Piece[] = [];
  let text = '';
  let points = 0;
  for (const one of series.values()) {
    if (hidesStatistic(one, series)) {
      refuse(one.metric.name, `its Graphite name belongs to a statistic (${one.head})`, one.points);
      continue;
    }
    const lines = linesOf(one, timestamp);
    if (points > 0 && text.length + lines.length > PIECE) {
      pieces.push({ text, points });
      text = '';
      points = 0;
    }
    text += lines;
    points += one.points;
  }
  if (points > 0) pieces.push({ text, points });
  return pieces;
}

/** Whether this is, say, a gauge `a.count` beside a counter `a`. */
function hidesStatistic({ metric, head, tail }: Series, series: ReadonlyMap<string, Series>): boolean {
  if (metric.kind === 'counter' || metric.kind === 'histogram' || !MADE_NODE.test(head)) return false;
  const kind = series.get(head.replace(MADE_NODE, '') + tail)?.metric.kind;
  return kind === 'counter' || kind === 'histogram';
}

function linesOf({ metric, head, tail, elapsed, value }: Series, timestamp: number): string {
  if (metric.kind === 'gauge' || metric.kind === 'updown') {
    return `${head}${tail} ${decimal(value as number)} ${timestamp}\n`;
  }
  const all =
    metric.kind === 'counter' ? rates(value as number, elapsed) : statistics(value as HistogramPoint, metric.bounds!);
  let text = '';
  for (const [name, number] of all) {
    if (Number.isFinite(number)) text += `${head}.${name}${tail} ${decimal(number)} ${timestamp}\n`;
  }
  return text;
}

/** The rate is per second. */
function rates(value: number, elapsed: number): [name: string, value: number][] {
  const count: [string, number] = ['count', value];
  return elapsed > 0 ? [count, ['rate', value / (elapsed / 1000)]] : [count];
}
