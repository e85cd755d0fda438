/** A small reader of the Prometheus text format 0.0.4: what a test asks of a scrape. */

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Metrics {
  readonly samples: readonly Sample[];
  /** Name of the family → `counter`, `gauge`, `histogram`, … */
  readonly types: ReadonlyMap<string, string>;
  /** Sum over the series of a name that have these labels; NaN when there is none. */
  sum(name: string, labels?: Readonly<Record<string, string>>): number;
}

const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)(?: -?\d+)?$/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)",?/gy;

/** @throws at the first line that is not of the format. */
export function readMetrics(text: string): Metrics {
  const samples: Sample[] = [];
  const types = new Map<string, string>();
  for (const line of text.split('\n')) {
    const type = /^# TYPE (\S+) (\S+)$/.exec(line);
    if (type) types.set(type[1]!, type[2]!);
    else if (line !== '' && !line.startsWith('#')) samples.push(readSample(line));
  }
  const sum = (name: string, labels: Readonly<Record<string, string>> = {}) => {
    const found = samples.filter((sample) => sample.name === name && hasLabels(sample, labels));
    return found.length === 0 ? Number.NaN : found.reduce((total, { value }) => total + value, 0);
  };
  return { samples, types, sum };
}

/** The samples that may not fall: of counters, and the counts of histograms. By their text without the value. */
export function risingSamples({ samples, types }: Metrics): ReadonlyMap<string, number> {
  const isRising = ({ name }: Sample) =>
    types.get(name) === 'counter' || types.get(name.replace(/_(bucket|sum|count)$/, '')) === 'histogram';
  return new Map(samples.filter(isRising).map(({ name, labels, value }) => [name + JSON.stringify(labels), value]));
}

function readSample(line: string): Sample {
  const match = SAMPLE.exec(line);
  const value = Number(match?.[3]?.replace('Inf', 'Infinity'));
  if (!match || (Number.isNaN(value) && match[3] !== 'NaN')) throw new Error(`not a sample: ${line}`);
  return { name: match[1]!, labels: readLabels(match[2] ?? '', line), value };
}

function readLabels(text: string, line: string): Record<string, string> {
  const labels: Record<string, string> = {};
  let end = 0;
  for (const [whole, name, value] of text.matchAll(LABEL)) {
    labels[name!] = value!.replace(/\\(.)/g, (_, escaped) => (escaped === 'n' ? '\n' : escaped));
    end += whole.length;
  }
  if (end !== text.length) throw new Error(`not labels: ${line}`);
  return labels;
}

function hasLabels(sample: Sample, labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(labels).every(([name, value]) => sample.labels[name] === value);
}
