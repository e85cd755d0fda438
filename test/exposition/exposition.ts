/** A strict reader of both exposition formats, written from their specifications and independent of the renderer. */
import type { Format } from '../../src/exposition/text.ts';

export interface Sample {
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly value: number;
}

export interface ExpositionFamily {
  readonly name: string;
  type: string;
  unit?: string;
  help?: string;
  readonly samples: Sample[];
}

const SUFFIXES: Record<Format, Record<string, readonly string[]>> = {
  text: { counter: [''], gauge: [''], histogram: ['_bucket', '_sum', '_count'] },
  openmetrics: { counter: ['_total'], gauge: [''], info: ['_info'], histogram: ['_bucket', '_sum', '_count'] },
};

/** Names that a family may not share with another one. */
const OWNED: Record<string, readonly string[]> = {
  counter: ['', '_total', '_created'],
  gauge: [''],
  info: ['', '_info'],
  histogram: ['', '_bucket', '_sum', '_count', '_created'],
};

/** The families of an exposition. Throws with the line at the first breach of the format. */
export function parseExposition(text: string, format: Format): ExpositionFamily[] {
  check(!/\p{Surrogate}/u.test(text) && !text.includes('\0'), 'well-formed text without NUL', text.slice(0, 200));
  check(text === '' || text.endsWith('\n'), 'newline at the end', text.slice(-80));
  const lines = text.split('\n').slice(0, -1);
  if (format === 'openmetrics') check(lines.pop() === '# EOF', '# EOF as the last line', text.slice(-80));
  const families: ExpositionFamily[] = [];
  for (const line of lines) readLine(line, families, format);
  checkNames(families, format);
  checkSeries(families);
  for (const family of families) if (family.type === 'histogram') checkHistograms(family, format);
  return families;
}

/** One text for each series, the same in both formats. */
export function seriesOf(families: readonly ExpositionFamily[]): string[] {
  return families.flatMap(({ samples }) => samples.map((sample) => `${identity(sample)} ${sample.value}`)).sort();
}

function check(fine: boolean, rule: string, found: string): asserts fine {
  if (!fine) throw new Error(`exposition breaks "${rule}": ${JSON.stringify(found)}`);
}

function readLine(line: string, families: ExpositionFamily[], format: Format): void {
  const meta = /^# (HELP|TYPE|UNIT) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)$/s.exec(line);
  if (meta !== null) {
    readMetadata(meta[1]!, meta[2]!, meta[3]!, families, format);
    return;
  }
  const family = families.at(-1);
  check(family !== undefined && family.type !== '', 'a sample follows its TYPE', line);
  const sample = readSample(line);
  const suffixes = SUFFIXES[format][family.type]!.map((suffix) => family.name + suffix);
  check(suffixes.includes(sample.name), `a sample of ${family.name}`, line);
  if (format === 'openmetrics' && family.type === 'counter')
    check(sample.value >= 0, 'a counter is not negative', line);
  family.samples.push(sample);
}

function readMetadata(word: string, name: string, rest: string, families: ExpositionFamily[], format: Format): void {
  let family = families.at(-1);
  if (family?.name !== name) {
    check(!families.some((other) => other.name === name), 'each family once', name);
    family = { name, type: '', samples: [] };
    families.push(family);
  }
  check(family.samples.length === 0, 'metadata before samples', `${word} ${name}`);
  if (word === 'TYPE') {
    check(family.type === '' && SUFFIXES[format][rest] !== undefined, 'one known TYPE', `${name} ${rest}`);
    family.type = rest;
  } else if (word === 'HELP') {
    check(family.help === undefined, 'one HELP', name);
    const escapes = format === 'text' ? /^(?:[^\\]|\\[\\n])*$/s : /^(?:[^\\"]|\\[\\n"])*$/s;
    check(escapes.test(rest), 'escaped HELP', rest);
    family.help = unescaped(rest);
  } else {
    check(format === 'openmetrics' && family.unit === undefined, 'one UNIT, in OpenMetrics', name);
    check(name.endsWith(`_${rest}`), 'UNIT is the end of the name', `${name} ${rest}`);
    family.unit = rest;
  }
}

function readSample(line: string): Sample {
  const head = /^[a-zA-Z_:][a-zA-Z0-9_:]*/.exec(line)?.[0];
  check(head !== undefined, 'a metric name', line);
  const labels = new Map<string, string>();
  let at = head.length;
  if (line[at] === '{') {
    const pair = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^\\"\n]|\\[\\"n])*)"([,}])/y;
    let end = '';
    pair.lastIndex = at + 1;
    while (end !== '}') {
      const match = pair.exec(line);
      check(match !== null, 'label="value"', line);
      const [, name = '', value = '', sign = ''] = match;
      check(!labels.has(name) && !name.startsWith('__'), 'a free label name, once', line);
      labels.set(name, unescaped(value));
      end = sign;
      at = pair.lastIndex;
    }
  }
  const number = line.slice(at + 1);
  check(line[at] === ' ' && /^(?:-?\d+(?:\.\d+)?(?:e[+-]\d+)?|NaN|[+-]Inf)$/.test(number), 'a number', line);
  return { name: head, labels, value: Number(number.replace('Inf', 'Infinity')) };
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/g, (_, sign: string) => (sign === 'n' ? '\n' : sign));
}

/** OpenMetrics forbids names that another family could claim; the text format needs distinct sample names only. */
function checkNames(families: readonly ExpositionFamily[], format: Format): void {
  const owners = new Map<string, string>();
  for (const { name, type } of families) {
    const suffixes = format === 'openmetrics' ? OWNED[type] : SUFFIXES.text[type];
    for (const suffix of suffixes ?? []) {
      check(!owners.has(name + suffix), `a name that ${owners.get(name + suffix)} does not own`, name + suffix);
      owners.set(name + suffix, name);
    }
  }
}

function identity({ name, labels }: Sample): string {
  return JSON.stringify([name, ...[...labels].filter(([, value]) => value !== '').sort()]);
}

function checkSeries(families: readonly ExpositionFamily[]): void {
  const seen = new Set<string>();
  for (const { name, samples } of families) {
    check(samples.length > 0, 'no family without samples', name);
    for (const sample of samples) {
      check(!seen.has(identity(sample)), 'each series once', identity(sample));
      seen.add(identity(sample));
    }
  }
}

function checkHistograms(family: ExpositionFamily, format: Format): void {
  const groups = new Map<string, Sample[]>();
  for (const sample of family.samples) {
    const key = JSON.stringify([...sample.labels].filter(([name]) => name !== 'le').sort());
    groups.set(key, [...(groups.get(key) ?? []), sample]);
  }
  for (const [key, samples] of groups) {
    const buckets = samples.filter(({ name }) => name === `${family.name}_bucket`);
    const les = buckets.map(({ labels }) => labels.get('le') ?? '');
    check(les.at(-1) === '+Inf', '+Inf is the last bucket', `${family.name} ${key}`);
    for (const le of les.slice(0, -1)) check(/^-?\d+\.\d+$|^-?\d(\.\d+)?e[+-]\d\d+$/.test(le), 'canonical le', le);
    const bounds = les.map((le) => Number(le.replace('Inf', 'Infinity')));
    check(
      bounds.every((bound, i) => i === 0 || bound > bounds[i - 1]!),
      'le ascends',
      String(les),
    );
    const counts = buckets.map(({ value }) => value);
    check(
      counts.every((n, i) => Number.isInteger(n) && n >= (counts[i - 1] ?? 0)),
      'buckets ascend',
      String(counts),
    );
    const total = samples.find(({ name }) => name === `${family.name}_count`);
    const sum = samples.find(({ name }) => name === `${family.name}_sum`);
    check((total === undefined) === (sum === undefined), '_sum with _count', key);
    const belowZero = bounds[0]! < 0 || (sum?.value ?? -1) < 0;
    check(
      total !== undefined ? total.value === counts.at(-1) : belowZero || format === 'openmetrics',
      '+Inf = _count',
      key,
    );
    check(format === 'text' || sum === undefined || !belowZero, 'no _sum below zero in OpenMetrics', key);
  }
}
