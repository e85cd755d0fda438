/** Reads the Prometheus text format 0.0.4. Pure. https://prometheus.io/docs/instrumenting/exposition_formats/ */

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const LINE = /^([a-zA-Z_:][\w:]*)(?:[ \t]*\{(.*)\}[ \t]*|[ \t]+)(\S+)(?:[ \t]+-?\d+)?$/;
const LABEL = /\s*([a-zA-Z_]\w*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*(?:,|$)/y;
const ESCAPES: Readonly<Record<string, string>> = { '\\n': '\n', '\\\\': '\\', '\\"': '"' };

/** Every sample of one scrape, in its order. Throws a `SyntaxError` that shows the first line it cannot read. */
export function parseSamples(text: string): Sample[] {
  const samples: Sample[] = [];
  for (const raw of text.split('\n')) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const match = LINE.exec(line);
    const value = parseValue(match?.[3] ?? '');
    const labels = parseLabels(match?.[2] ?? '');
    if (!match || value === undefined || labels === undefined) {
      throw new SyntaxError(`not a line of the Prometheus text format: ${line.slice(0, 200)}`);
    }
    samples.push({ name: match[1]!, labels, value });
  }
  return samples;
}

function parseValue(text: string): number | undefined {
  if (/^[+-]?Inf$/.test(text)) return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  if (text === 'NaN') return Number.NaN;
  const value = Number(text);
  return text === '' || Number.isNaN(value) ? undefined : value;
}

function parseLabels(text: string): Record<string, string> | undefined {
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  let end = 0;
  while (end < text.trimEnd().length) {
    const match = LABEL.exec(text);
    if (!match) return undefined;
    end = LABEL.lastIndex;
    labels[match[1]!] = match[2]!.replace(/\\[n\\"]/g, (pair) => ESCAPES[pair]!);
  }
  return labels;
}
