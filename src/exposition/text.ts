/** The exposition formats: Prometheus text 0.0.4 and OpenMetrics 1.0. Pure: a snapshot in, text out. */
import type { MetricKind } from '../snapshot/metric.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { type Distribution, type Family, type Omission, toFamilies } from './families.ts';
import { escapeHelp, escapeQuoted, labelText, wellFormed } from './labels.ts';

export type { Omission } from './families.ts';

export type Format = 'text' | 'openmetrics';

export interface Rendering {
  /** Valid in its format, whatever the snapshot holds. Well-formed UTF-16. */
  readonly text: string;
  /** What could not be shown: metrics whose name is taken, values that the format cannot hold. */
  readonly omissions: readonly Omission[];
}

const TYPES: { readonly [kind in MetricKind]: string } = {
  counter: 'counter',
  updown: 'gauge',
  gauge: 'gauge',
  histogram: 'histogram',
};

/** Renders everything in the snapshot's order, `target_info` with the resource attributes first. Never throws. */
export function render(snapshot: Snapshot, format: Format): Rendering {
  const { families, omissions } = toFamilies(snapshot);
  return { text: textsOf(families, snapshot, format).join(''), omissions };
}

/**
 * The same in UTF-8. Each family is encoded by itself: one character beyond Latin-1 in a string makes all of it twice as
 * long, and encoding it takes several times as long.
 */
export function renderBytes(
  snapshot: Snapshot,
  format: Format,
): { readonly body: Buffer } & Pick<Rendering, 'omissions'> {
  const { families, omissions } = toFamilies(snapshot);
  const texts = textsOf(families, snapshot, format);
  return { body: Buffer.concat(texts.map((text) => Buffer.from(text))), omissions };
}

function textsOf(families: readonly Family[], snapshot: Snapshot, format: Format): string[] {
  const texts = [targetInfo(snapshot, format)];
  for (const family of families) if (family.series.length > 0) texts.push(renderFamily(family, format));
  if (format === 'openmetrics') texts.push('# EOF\n');
  return texts;
}

function targetInfo(snapshot: Snapshot, format: Format): string {
  const labels = labelText(snapshot.resource, 'gauge');
  if (labels === '') return '';
  const [name, type] = format === 'openmetrics' ? ['target', 'info'] : ['target_info', 'gauge'];
  return `${metadata(name, type, '', 'Target metadata', format)}target_info{${labels}} 1\n`;
}

function renderFamily(family: Family, format: Format): string {
  const sampleName = family.kind === 'counter' ? `${family.name}_total` : family.name;
  const name = format === 'openmetrics' ? family.name : sampleName;
  let text = metadata(name, TYPES[family.kind], family.unit, family.help, format);
  if (family.kind === 'histogram') {
    for (const [i, labels] of family.labels.entries()) {
      text += renderHistogram(sampleName, labels, family.series[i]!.value as Distribution, format);
    }
    return text;
  }
  const heads = headsOf(family, sampleName);
  for (let i = 0; i < heads.length; i++) text += `${heads[i]!}${number(family.series[i]!.value as number)}\n`;
  return text;
}

/** By the labels of a stable family, whose name is the same each time, too. */
const headCache = new WeakMap<readonly string[], readonly string[]>();

/** What comes before each value: `name{labels} `. */
function headsOf({ labels, isStable }: Family, sampleName: string): readonly string[] {
  let heads = isStable ? headCache.get(labels) : undefined;
  if (heads === undefined) {
    // Joined, since what is added up stays in pieces, which are put together each time it is written.
    heads = labels.map((text) => (text === '' ? `${sampleName} ` : [sampleName, '{', text, '} '].join('')));
    if (isStable) headCache.set(labels, heads);
  }
  return heads;
}

function metadata(name: string, type: string, unit: string, help: string, format: Format): string {
  const clean = wellFormed(help);
  if (format === 'text') return `${clean && `# HELP ${name} ${escapeHelp(clean)}\n`}# TYPE ${name} ${type}\n`;
  const unitLine = unit !== '' && name.endsWith(`_${unit}`) ? `# UNIT ${name} ${unit}\n` : '';
  return `# TYPE ${name} ${type}\n${unitLine}${clean && `# HELP ${name} ${escapeQuoted(clean)}\n`}`;
}

/**
 * OpenMetrics forbids `_sum`, and `_count` with it, where values below 0 were counted: the sum is then no counter.
 */
function renderHistogram(name: string, labels: string, { bounds, counts, sum }: Distribution, format: Format): string {
  const head = labels === '' ? `${name}_bucket{` : `${name}_bucket{${labels},`;
  const les = leTexts(bounds);
  let text = '';
  let cumulative = 0;
  for (let i = 0; i < les.length; i++) {
    cumulative += counts[i]!;
    text += head + les[i] + cumulative;
    text += '\n';
  }
  if (format === 'openmetrics' && (sum < 0 || (bounds.length > 0 && bounds[0]! < 0))) return text;
  const braced = labels === '' ? '' : `{${labels}}`;
  return `${text}${name}_sum${braced} ${number(sum)}\n${name}_count${braced} ${cumulative}\n`;
}

const leCache = new WeakMap<readonly number[], readonly string[]>();

/** `le="0.005"} ` … `le="+Inf"} `, one for each bucket. */
function leTexts(bounds: readonly number[]): readonly string[] {
  let texts = leCache.get(bounds);
  if (texts === undefined) {
    texts = [...bounds.map((bound) => `le="${canonicalFloat(bound)}"} `), 'le="+Inf"} '];
    leCache.set(bounds, texts);
  }
  return texts;
}

/**
 * A bound as OpenMetrics writes it (Go's shortest `%g`, whole numbers with `.0`): `0.005`, `1.0`, `1e+06`, `2.5e-05`.
 * The same in both formats, since `le` is part of a series' identity.
 */
export function canonicalFloat(value: number): string {
  const [digits, power] = value.toExponential().split('e') as [string, string];
  const exponent = Number(power);
  if (exponent < -4 || exponent >= 6) {
    return `${digits}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
  }
  const plain = String(value);
  return plain.includes('.') ? plain : `${plain}.0`;
}

/** The shortest text that reads back as the same number. */
function number(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value);
}
