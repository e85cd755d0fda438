/** Metrics as bytes for another process of the group, and back. Pure but for `Buffer`; what comes in is checked whole. */
import type { Attributes, Metric, Scope } from '../snapshot/metric.ts';
import type { ExponentialBuckets, HistogramPoint, MetricSnapshot, Point, Snapshot } from '../snapshot/snapshot.ts';

/** Points that one body may have: beyond it, the peer is not one of ours. */
const POINT_LIMIT = 500_000;
const NAME_LIMIT = 255;
const BUCKET_LIMIT = 4096;
const KINDS: readonly unknown[] = ['counter', 'updown', 'gauge', 'histogram'];

/** JSON text in UTF-8. A value that is not finite is left out by the reader. */
export function encodeMetrics(metrics: readonly MetricSnapshot[]): Buffer {
  return Buffer.from(JSON.stringify(metrics.map(plainMetric)));
}

/** @throws Error when the bytes are no metrics: nothing of them is used then. */
export function decodeMetrics(bytes: Buffer): MetricSnapshot[] {
  return readMetrics(JSON.parse(bytes.toString()));
}

export function encodeSnapshot(snapshot: Snapshot): Buffer {
  return Buffer.from(JSON.stringify(plainSnapshot(snapshot)));
}

/** @throws Error when the bytes are no snapshot. */
export function decodeSnapshot(bytes: Buffer): Snapshot {
  return readSnapshot(JSON.parse(bytes.toString()));
}

/** Whether a parsed value can be attributes. */
export function areAttributes(value: unknown): value is Attributes {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  for (const key in value) {
    const type = typeof (value as Record<string, unknown>)[key];
    if (type !== 'string' && type !== 'number' && type !== 'boolean') return false;
  }
  return true;
}

function plainSnapshot({ time, resource, metrics, processes }: Snapshot): object {
  return { time, resource, metrics: metrics.map(plainMetric), processes: processes?.map(plainSnapshot) };
}

function plainMetric({ metric, scope, points }: MetricSnapshot): object {
  return { metric, scope, points: points.map(plainPoint) };
}

function plainPoint({ attributes, startTime, value }: Point): object {
  return { attributes, startTime, value: typeof value === 'number' ? value : plainHistogram(value) };
}

/** A typed array would become an object with its indexes as keys. */
function plainHistogram({ counts, sum, exponential }: HistogramPoint): object {
  return {
    counts: Array.from(counts),
    sum,
    exponential: exponential && { ...exponential, counts: Array.from(exponential.counts) },
  };
}

function readSnapshot(value: unknown): Snapshot {
  const { time, resource, metrics, processes } = record(value);
  if (!areAttributes(resource)) throw new Error('a resource that is none');
  const snapshot = { time: finite(time), resource, metrics: readMetrics(metrics) };
  return processes === undefined ? snapshot : { ...snapshot, processes: list(processes).map(readSnapshot) };
}

function readMetrics(value: unknown): MetricSnapshot[] {
  let points = 0;
  return list(value).map((each) => {
    const found = record(each);
    const metric = readMetric(found.metric);
    const snapshot = { metric, scope: readScope(found.scope), points: readPoints(metric, list(found.points)) };
    points += snapshot.points.length;
    if (points > POINT_LIMIT) throw new Error(`more than ${POINT_LIMIT} points`);
    return snapshot;
  });
}

function readMetric(value: unknown): Metric {
  const { name, kind, unit, help, bounds } = record(value);
  if (!KINDS.includes(kind)) throw new Error('a metric of no kind');
  if (bounds !== undefined && !areAscending(list(bounds))) throw new Error('bounds that do not ascend');
  if ((kind === 'histogram') !== (bounds !== undefined)) throw new Error('a histogram without bounds');
  for (const text of [unit, help]) if (text !== undefined) string(text);
  if (string(name).length === 0 || string(name).length > NAME_LIMIT) throw new Error('a metric without a name');
  return value as Metric;
}

function readScope(value: unknown): Scope {
  const { name, version } = record(value);
  string(name);
  if (version !== undefined) string(version);
  return value as Scope;
}

/** Points whose value JSON could not carry (it makes a null of NaN and infinities) are left out. */
function readPoints(metric: Metric, values: readonly unknown[]): Point[] {
  const points: Point[] = [];
  for (const each of values) {
    const { attributes, startTime, value } = record(each);
    if (!areAttributes(attributes)) throw new Error('attributes that are none');
    finite(startTime);
    if (value === null) continue;
    if (metric.kind === 'histogram') checkHistogram(metric, record(value));
    else if (finite(value) < 0 && metric.kind === 'counter') throw new Error('a counter below zero');
    points.push(each as Point);
  }
  return points;
}

function checkHistogram(metric: Metric, { counts, sum, exponential }: Record<string, unknown>): void {
  if (!areCounts(counts, metric.bounds!.length + 1)) throw new Error('a histogram whose counts are none');
  finite(sum);
  if (exponential === undefined) return;
  const buckets = record(exponential) as unknown as Record<keyof ExponentialBuckets, unknown>;
  for (const field of ['scale', 'offset', 'zeroCount', 'zeroThreshold'] as const) finite(buckets[field]);
  if (!areCounts(buckets.counts)) throw new Error('exponential buckets whose counts are none');
}

function areCounts(value: unknown, length?: number): boolean {
  if (!Array.isArray(value) || value.length > BUCKET_LIMIT) return false;
  return (length === undefined || value.length === length) && value.every((n) => Number.isFinite(n) && n >= 0);
}

function areAscending(bounds: readonly unknown[]): boolean {
  return bounds.every(
    (bound, i) => Number.isFinite(bound) && (i === 0 || (bound as number) > (bounds[i - 1] as number)),
  );
}

function record(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('no object');
  return value as Record<string, unknown>;
}

function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new Error('no list');
  return value;
}

function string(value: unknown): string {
  if (typeof value !== 'string') throw new Error('no text');
  return value;
}

function finite(value: unknown): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new Error('no finite number');
  return value;
}
