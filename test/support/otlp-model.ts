/** The OTLP data model, checked: a request as series, and what is wrong with it. */

export interface OtlpSeries {
  readonly scope: string;
  readonly name: string;
  readonly unit: string;
  readonly description: string;
  readonly kind: 'gauge' | 'sum' | 'histogram' | 'exponentialHistogram';
  readonly temporality: 'delta' | 'cumulative' | undefined;
  readonly isMonotonic: boolean;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Epoch ms. */
  readonly start: number;
  readonly time: number;
  /** The number, or the count of a histogram. */
  readonly value: number;
  // biome-ignore lint/suspicious/noExplicitAny: a data point of any kind, in OTLP's JSON.
  readonly point: any;
}

export interface OtlpContent {
  readonly resource: Readonly<Record<string, unknown>>;
  readonly series: readonly OtlpSeries[];
  readonly problems: readonly string[];
}

const KINDS = ['gauge', 'sum', 'histogram', 'exponentialHistogram'] as const;

// biome-ignore lint/suspicious/noExplicitAny: OTLP's JSON.
type Json = any;

/** Of an `ExportMetricsServiceRequest` in OTLP's JSON. */
export function readContent(request: Json): OtlpContent {
  const problems: string[] = [];
  const series: OtlpSeries[] = [];
  if (request.resourceMetrics?.length !== 1) problems.push('not one resource');
  const [{ resource = {}, scopeMetrics = [] } = {}] = request.resourceMetrics ?? [];
  const names = new Set<string>();
  for (const { scope, metrics } of scopeMetrics) {
    if (names.has(JSON.stringify(scope))) problems.push(`two of scope ${scope.name}`);
    names.add(JSON.stringify(scope));
    for (const metric of metrics) series.push(...readMetric(scope.name ?? '', metric, problems));
  }
  const seen = new Set<string>();
  for (const one of series) {
    const key = JSON.stringify([one.scope, one.name, Object.entries(one.attributes).sort()]);
    if (seen.has(key)) problems.push(`two series ${key.slice(0, 200)}`);
    seen.add(key);
  }
  return { resource: readAttributes(resource.attributes, problems), series, problems };
}

function readMetric(scope: string, metric: Json, problems: string[]): OtlpSeries[] {
  const kinds = KINDS.filter((kind) => metric[kind] !== undefined);
  if (kinds.length !== 1 || !metric.name) problems.push(`metric ${metric.name} has data ${kinds.join()}`);
  const kind = kinds[0] ?? 'gauge';
  const { dataPoints = [], aggregationTemporality, isMonotonic = false } = metric[kind];
  const temporality = ([undefined, 'delta', 'cumulative'] as const)[aggregationTemporality ?? 0];
  if (kind !== 'gauge' && temporality === undefined) problems.push(`${metric.name} has no temporality`);
  return dataPoints.map((point: Json): OtlpSeries => {
    const say = (problem: string) => problems.push(`${metric.name.slice(0, 80)}: ${problem}`);
    const { unit = '', description = '', name } = metric;
    const attributes = readAttributes(point.attributes, problems);
    const start = Number(point.startTimeUnixNano ?? 0) / 1e6;
    const time = Number(point.timeUnixNano) / 1e6;
    if (!(time > 0) || start > time) say(`starts at ${start}, ends at ${time}`);
    if (kind !== 'gauge' && !(start > 0)) say('has no start time');
    const value = Number(point.count ?? point.asDouble ?? point.asInt);
    if (!Number.isFinite(value) || point.asDouble === null) say(`value ${value}`);
    if (isMonotonic && value < 0) say('a monotonic sum below zero');
    if (kind === 'histogram') checkHistogram(point, say);
    if (kind === 'exponentialHistogram') checkExponential(point, say);
    return { scope, name, unit, description, kind, temporality, isMonotonic, attributes, start, time, value, point };
  });
}

function checkHistogram(point: Json, say: (problem: string) => void): void {
  const { bucketCounts: counts = [], explicitBounds: bounds = [] } = point;
  if (counts.length !== bounds.length + 1) say(`${counts.length} buckets for ${bounds.length} bounds`);
  if (bounds.some((bound: number, i: number) => i > 0 && !(bound > bounds[i - 1]))) say('bounds do not ascend');
  if (total(counts) !== Number(point.count)) say('the buckets are not the count');
  checkExtremes(point, say);
}

function checkExponential(point: Json, say: (problem: string) => void): void {
  const buckets = total(point.positive?.bucketCounts ?? []) + total(point.negative?.bucketCounts ?? []);
  if (buckets + Number(point.zeroCount ?? 0) !== Number(point.count)) say('the buckets are not the count');
  checkExtremes(point, say);
}

function checkExtremes(point: Json, say: (problem: string) => void): void {
  if (!Number.isFinite(point.sum)) say(`sum ${point.sum}`);
  if ((point.min ?? point.max) !== undefined) say('has a min or max');
}

function total(counts: readonly (number | string)[]): number {
  return counts.reduce<number>((sum, count) => sum + Number(count), 0);
}

function readAttributes(attributes: readonly Json[] = [], problems: string[]): Record<string, unknown> {
  const result: Record<string, unknown> = Object.create(null);
  for (const { key, value = {} } of attributes) {
    if (!key || key in result) problems.push(`attribute ${JSON.stringify(key)}`);
    if (key?.isWellFormed?.() === false) problems.push('a key with a lone surrogate');
    const [type, content] = Object.entries(value)[0] ?? [];
    const isText = type === 'stringValue' && typeof content === 'string' && !/\p{Surrogate}/u.test(content);
    const isNumber = (type === 'intValue' || type === 'doubleValue') && Number.isFinite(Number(content ?? Number.NaN));
    if (!isText && !isNumber && type !== 'boolValue') problems.push(`value of ${key}: ${JSON.stringify(value)}`);
    if (type === 'intValue' && !Number.isSafeInteger(Number(content))) problems.push(`int value ${content}`);
    result[key] = content;
  }
  return result;
}
