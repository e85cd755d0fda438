/** Label text and escaping of the exposition formats. Pure. */
import type { Attributes, Metric, MetricKind } from '../snapshot/metric.ts';
import type { Point } from '../snapshot/snapshot.ts';
import { labelName } from './names.ts';

/** `Attributes` objects are stable across snapshots, so each set is turned into text once. */
const plainLabels = new WeakMap<Attributes, string>();
const histogramLabels = new WeakMap<Attributes, string>();

/**
 * The labels of a series without braces, sorted by name: `code="200",route="/a"`; `''` for none. Equal text means the
 * same series to Prometheus, which takes a label with an empty value as absent. An attribute `le` of a histogram
 * becomes `exported_le`, as Prometheus itself renames labels that are taken.
 */
export function labelText(attributes: Attributes, kind: MetricKind): string {
  const cache = kind === 'histogram' ? histogramLabels : plainLabels;
  let text = cache.get(attributes);
  if (text === undefined) {
    text = makeLabelText(Object.entries(attributes), kind === 'histogram');
    cache.set(attributes, text);
  }
  return text;
}

interface Known {
  readonly attributes: readonly Attributes[];
  /** Undefined where two are the same. */
  readonly labels: readonly string[] | undefined;
}

/** By `Metric` objects, which are stable where attributes are. */
const known = new WeakMap<Metric, Known>();

/**
 * The label texts of a metric's points, the same array as long as it has the same series; undefined where two of them
 * have the same text.
 */
export function stableLabels(metric: Metric, points: readonly Point[]): readonly string[] | undefined {
  const before = known.get(metric);
  if (before !== undefined && areOf(before.attributes, points)) return before.labels;
  const labels = points.map(({ attributes }) => labelText(attributes, metric.kind));
  const areUnique = new Set(labels).size === labels.length;
  const now = { attributes: points.map(({ attributes }) => attributes), labels: areUnique ? labels : undefined };
  known.set(metric, now);
  return now.labels;
}

function areOf(attributes: readonly Attributes[], points: readonly Point[]): boolean {
  if (attributes.length !== points.length) return false;
  for (let i = 0; i < points.length; i++) if (points[i]!.attributes !== attributes[i]) return false;
  return true;
}

/** The same with the scope that a gauge came from. */
export function scopedLabelText(attributes: Attributes, scopeName: string): string {
  return makeLabelText([...Object.entries(attributes), ['otel.scope.name', scopeName]], false);
}

type Entry = readonly [key: string, value: string | number | boolean];

/** Keys that become the same label: their values, in the order of the keys, joined by `;` (OpenTelemetry). */
function makeLabelText(entries: readonly Entry[], hasLe: boolean): string {
  const values = new Map<string, string>();
  for (const [key, value] of [...entries].sort(byText)) {
    const clean = labelName(key);
    const name = hasLe && clean === 'le' ? 'exported_le' : clean;
    const before = values.get(name);
    const text = wellFormed(String(value));
    values.set(name, before === undefined ? text : `${before};${text}`);
  }
  const labels: string[] = [];
  for (const [name, value] of [...values].sort(byText)) {
    if (value !== '') labels.push(`${name}="${escapeQuoted(value)}"`);
  }
  return labels.join(',');
}

function byText(a: Entry, b: Entry): number {
  return a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0;
}

/** Escapes for a quoted text, and for HELP in OpenMetrics: backslash, newline and quote. */
export function escapeQuoted(text: string): string {
  return escapeHelp(text).replaceAll('"', '\\"');
}

/** Escapes for HELP in text 0.0.4: backslash and newline. */
export function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

/**
 * What UTF-8 cannot carry (a lone surrogate) and what parsers take as the end (NUL) becomes U+FFFD: before series are
 * compared, since two texts that differ only there would come out the same.
 */
export function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}|\0/gu, '\ufffd');
}
